/* What an exec keeps and resets: ignored signals, the mask, pending signals, umask, cwd, niceness, CLOEXEC, timers. */
#include "check.h"
static void handler(int number) { (void)number; }
int main(int argc, char **argv)
{
	sigset_t set;
	struct sigaction act;
	if (argc > 1) {
		sigaction(SIGUSR1, NULL, &act); CHECK(act.sa_handler == SIG_IGN);
		sigaction(SIGUSR2, NULL, &act); CHECK(act.sa_handler == SIG_DFL);
		sigaction(SIGSYS, NULL, &act); CHECK(act.sa_handler == (argv[1][0] == 'i' ? SIG_IGN : SIG_DFL));
		sigaction(SIGSEGV, NULL, &act); CHECK(act.sa_handler == SIG_DFL);
		sigprocmask(SIG_BLOCK, NULL, &set);
		CHECK(sigismember(&set, SIGTERM) == 1 && sigismember(&set, SIGHUP) == 0);
		CHECK(sigismember(&set, SIGSYS) == (argv[1][0] == 'h'));
		sigpending(&set);
		CHECK(sigismember(&set, SIGTERM) == 1);
		CHECK(umask(0) == 027);
		char cwd[64];
		SAME("/links", getcwd(cwd, sizeof cwd));
		FAILS(EBADF, fcntl(8, F_GETFD));
		CHECK(fcntl(9, F_GETFD) == 0);
		stack_t stack;
		MUST(sigaltstack(NULL, &stack));
		CHECK(stack.ss_flags == SS_DISABLE);
		CHECK(exists("/etc/marker"));
		return 0;
	}
	int fd = (int)MUST(open("/etc/marker", O_RDONLY));
	dup3(fd, 8, O_CLOEXEC);
	dup2(fd, 9);
	stack_t stack = { .ss_sp = malloc(65536), .ss_size = 65536 };
	MUST(sigaltstack(&stack, NULL));
	signal(SIGUSR1, SIG_IGN);
	signal(SIGUSR2, handler);
	signal(SIGSEGV, handler);
	umask(027);
	MUST(chdir("/links"));
	for (int i = 0; i < 2; i++) {
		pid_t child = (pid_t)MUST(fork());
		if (!child) {
			signal(SIGSYS, i ? handler : SIG_IGN);
			sigemptyset(&set);
			sigaddset(&set, SIGTERM);
			if (i) sigaddset(&set, SIGSYS);
			sigprocmask(SIG_BLOCK, &set, NULL);
			raise(SIGTERM);
			execl(argv[0], argv[0], i ? "h" : "i", NULL);
			_exit(9);
		}
		int status = reap(child);
		if (status) fail("round %d ended with %#x", i, status);
	}
	return pass();
}
