/* The stops of a child that is traced step by step. */
#ifndef STOPS_H
#define STOPS_H
#include "check.h"

/* Waits for the child's next stop or end and yields it as a wait status. waitid tells of every stop, also of those in the
 * engine, over which it helps debuggers that use wait4. */
static inline int next_stop(pid_t pid)
{
	siginfo_t info;
	while (waitid(P_PID, (id_t)pid, &info, WEXITED | WSTOPPED))
		if (errno != EINTR) fail("waitid");
	if (info.si_code == CLD_EXITED) return info.si_status << 8;
	return info.si_code == CLD_KILLED || info.si_code == CLD_DUMPED ? info.si_status : info.si_status << 8 | 0x7f;
}
#endif
