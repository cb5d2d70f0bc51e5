/* A real fault reaches the guest's SIGSEGV handler with its address, also right after calls that gave EFAULT. */
#include "check.h"
#include <setjmp.h>
static sigjmp_buf back;
static void *volatile address;
static void handler(int number, siginfo_t *info, void *context)
{
	(void)number; (void)context;
	address = info->si_addr;
	siglongjmp(back, 1);
}
int main(void)
{
	char *area = mmap(NULL, 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct sigaction act = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO }, old;
	MUST(sigaction(SIGSEGV, &act, NULL));
	MUST(sigaction(SIGSEGV, NULL, &old));
	CHECK(old.sa_sigaction == handler && (old.sa_flags & SA_SIGINFO));
	for (int i = 0; i < 100; i++) {
		FAILS(EFAULT, syscall(SYS_openat, AT_FDCWD, area, O_RDONLY));
		address = NULL;
		if (!sigsetjmp(back, 1)) { *(volatile char *)(area + 17) = 1; fail("no fault"); }
		CHECK(address == area + 17);
	}
	pid_t child = (pid_t)MUST(fork());
	if (!child) {
		struct rlimit none = { 0, 0 };
		setrlimit(RLIMIT_CORE, &none);
		signal(SIGSEGV, SIG_DFL);
		*(volatile char *)area = 1;
		_exit(0);
	}
	int status = reap(child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	child = (pid_t)MUST(fork());
	if (!child) {
		struct rlimit none = { 0, 0 };
		setrlimit(RLIMIT_CORE, &none);
		signal(SIGSEGV, SIG_IGN);
		FAILS(EFAULT, syscall(SYS_openat, AT_FDCWD, area, O_RDONLY));
		*(volatile char *)area = 1;
		_exit(0);
	}
	status = reap(child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	return pass();
}
