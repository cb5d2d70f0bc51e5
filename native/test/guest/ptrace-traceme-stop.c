/* TRACEME without an exec is seen by the parent at once: signals stop the child. */
#include "check.h"
#include <sys/ptrace.h>
int main(void)
{
	int status;
	pid_t child = (pid_t)MUST(fork());
	if (!child) {
		if (ptrace(PTRACE_TRACEME, 0, 0, 0)) _exit(9);
		raise(SIGSTOP);
		_exit(exists("/etc/marker") ? 5 : 6);
	}
	CHECK(waitpid(child, &status, 0) == child);
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	MUST(ptrace(PTRACE_CONT, child, 0, 0));
	do CHECK(waitpid(child, &status, 0) == child);
	while (WIFSTOPPED(status) && !ptrace(PTRACE_CONT, child, 0, WSTOPSIG(status)));
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 5);
	return pass();
}
