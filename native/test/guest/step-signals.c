// variants: static dynamic musl
/* Signals at single instructions of path calls: a tracer steps a child through them and hands it SIGUSR1
 * at ever different ones. Whatever the engine is doing there, the handler must run, make calls of its own, and leave the
 * interrupted call's result, registers and flags as they were. */
#include "stops.h"
#include <sys/ptrace.h>
#include <sys/user.h>
#if !defined __x86_64__
/* A step clears the monitor of exclusive loads: a loop of ldaxr and stxr, as any libc has too, never ends. */
int main(void) { skip("pairs of exclusive instructions cannot be stepped through; see step-call"); }
#else
enum { ROUNDS = 15, STEPS = 1000000 };
static volatile long handled, in_handler_failed;
static void handler(int number)
{
	(void)number;
	struct stat st;
	if (++handled % 8 == 0 && (stat("/etc/marker", &st) || st.st_size != 6)) in_handler_failed++;
}
static long raw_stat(const char *path, struct stat *st, long *flags)
{
	long result;
	register long r12 __asm__("r12") = 0x1212, r13 __asm__("r13") = 0x1313, r15 __asm__("r15") = 0x1515;
	long before, after;
	__asm__ volatile("lea -128(%%rsp), %%rsp\n\tstc\n\tpushfq\n\tpopq %[before]\n\tmov $4, %%eax\n\tsyscall\n\tpushfq\n\tpopq %[after]\n\tlea 128(%%rsp), %%rsp"
		: "=&a"(result), [before] "=&r"(before), [after] "=&r"(after), "+r"(r12), "+r"(r13), "+r"(r15)
		: "D"(path), "S"(st) : "rcx", "r11", "memory", "cc");
	*flags = (before ^ after) & 0xcd5;
	if (r12 != 0x1212 || r13 != 0x1313 || r15 != 0x1515) *flags |= 1L << 32;
	return result;
}
static void child(void)
{
	struct sigaction act = { .sa_handler = handler };
	MUST(sigaction(SIGUSR1, &act, NULL));
	struct stat st;
	long flags;
	for (int i = 0; i < 40; i++) { if (stat("/etc/marker", &st)) fail("warm"); raw_stat("/etc/marker", &st, &flags); }
	MUST(ptrace(PTRACE_TRACEME, 0, 0, 0));
	raise(SIGSTOP);
	for (int i = 0; i < ROUNDS; i++) {
		st.st_size = 0;
		if (stat("/etc/marker", &st) || st.st_size != 6) _exit(10);
		st.st_size = 0;
		if (raw_stat("/etc/marker", &st, &flags) || st.st_size != 6) _exit(11);
		if (flags) _exit(12);
		if (raw_stat("/etc/absent", &st, &flags) != -ENOENT) _exit(13);
		if (flags) _exit(14);
	}
	if (in_handler_failed) _exit(15);
	if (!handled) _exit(16);
	_exit(0);
}
int main(void)
{
	fflush(stdout);
	pid_t pid = fork();
	if (!pid) child();
	int status;
	CHECK(waitpid(pid, &status, 0) == pid);
	if (!WIFSTOPPED(status) || WSTOPSIG(status) != SIGSTOP) skip("no tracing here");
	long step, injected = 0;
	int pass_on = 0;
	for (step = 0; step < STEPS; step++) {
		int signal_now = pass_on ? pass_on : (step % 211 == 0 ? SIGUSR1 : 0);
		injected += signal_now == SIGUSR1;
		if (ptrace(PTRACE_SINGLESTEP, pid, 0, signal_now)) break;
		status = next_stop(pid);
		if (!WIFSTOPPED(status)) break;
		pass_on = WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
	}
	if (WIFSTOPPED(status)) { ptrace(PTRACE_DETACH, pid, 0, 0); status = next_stop(pid); }
	if (!WIFEXITED(status) || WEXITSTATUS(status)) { printf("not ok: child ended with %#x after %ld steps\n", status, step); return 1; }
	CHECK(injected > 30);
	return pass();
}
#endif
