/* A tracer attaches to a running guest, reads its memory, follows its system calls for a while, detaches; the guest goes on. */
#include "check.h"
#include <sys/ptrace.h>
#ifndef PTRACE_O_TRACESYSGOOD
#define PTRACE_O_TRACESYSGOOD 1
#endif
static volatile long word = 0x1234;
int main(void)
{
	int status, pipes[2];
	MUST(pipe(pipes));
	pid_t child = (pid_t)MUST(fork());
	if (!child) {
		for (int i = 0; i < 300; i++) { if (!exists("/etc/marker")) _exit(2); usleep(1000); }
		_exit(7);
	}
	usleep(20000);
	MUST(ptrace(PTRACE_ATTACH, child, 0, 0));
	CHECK(waitpid(child, &status, 0) == child && WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	errno = 0;
	CHECK(ptrace(PTRACE_PEEKDATA, child, (void *)&word, 0) == 0x1234 && !errno);
	MUST(ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESYSGOOD));
	int calls = 0, deliver = 0;
	for (int i = 0; i < 60; i++) {
		MUST(ptrace(PTRACE_SYSCALL, child, 0, (long)deliver));
		CHECK(waitpid(child, &status, 0) == child && WIFSTOPPED(status));
		deliver = WSTOPSIG(status) == (SIGTRAP | 0x80) || WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
		calls += WSTOPSIG(status) == (SIGTRAP | 0x80);
	}
	CHECK(calls > 10);
	if (deliver) MUST(ptrace(PTRACE_DETACH, child, 0, (long)deliver)); else MUST(ptrace(PTRACE_DETACH, child, 0, 0));
	status = reap(child);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	return pass();
}
