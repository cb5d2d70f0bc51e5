/* A child that shares its parent's memory (posix_spawn, vfork) sets the actions of SIGSEGV, SIGBUS and SIGSYS back for
 * itself alone; what it ignores its program ignores. */
#include "check.h"
#include <setjmp.h>
#include <spawn.h>

static sigjmp_buf back;

static void on_fault(int number, siginfo_t *info, void *context)
{
	(void)number, (void)info, (void)context;
	siglongjmp(back, 1);
}

static int faults(void)
{
	if (sigsetjmp(back, 1)) return 1;
	*(volatile int *)8 = 1;
	return 0;
}

static void still_ours(void)
{
	static const int numbers[] = { SIGSEGV, SIGBUS, SIGSYS };
	for (unsigned i = 0; i < 3; i++) {
		struct sigaction now;
		MUST(sigaction(numbers[i], NULL, &now));
		CHECK(now.sa_sigaction == on_fault && (now.sa_flags & SA_SIGINFO) && sigismember(&now.sa_mask, SIGUSR1));
	}
	CHECK(faults());
}

static void spawn_one(char *self)
{
	char *argv[] = { self, "child", NULL }, *none[] = { NULL };
	sigset_t all;
	posix_spawnattr_t attributes;
	pid_t child;
	sigfillset(&all);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigdefault(&attributes, &all);
	CHECK(posix_spawn(&child, self, NULL, &attributes, argv, none) == 0);
	int status = reap(child);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 3);
}

int main(int argc, char **argv)
{
	struct sigaction now, action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
	if (argc > 1) {
		MUST(sigaction(SIGBUS, NULL, &now));
		return now.sa_handler == SIG_IGN ? 4 : now.sa_handler == SIG_DFL ? 3 : 5;
	}
	sigaddset(&action.sa_mask, SIGUSR1);
	MUST(sigaction(SIGSEGV, &action, NULL));
	MUST(sigaction(SIGBUS, &action, NULL));
	MUST(sigaction(SIGSYS, &action, NULL));
	CHECK(faults());
	for (int i = 0; i < 3; i++) {
		spawn_one(argv[0]);
		still_ours();
	}
	pid_t child = vfork();
	if (child == 0) {
		signal(SIGBUS, SIG_IGN);
		execl(argv[0], argv[0], "child", (char *)NULL);
		_exit(9);
	}
	int status = reap(child);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 4);
	still_ours();
	return pass();
}
