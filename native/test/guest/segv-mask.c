/* A handler that blocks signals and returns has them open again, SIGSEGV too: the fault after it has its handler. */
#include "check.h"
#include <setjmp.h>

static sigjmp_buf back;
static volatile int handled;

static void on_fault(int number)
{
	(void)number;
	siglongjmp(back, 1);
}

static void blocks_all(int number)
{
	sigset_t all;
	(void)number;
	sigfillset(&all);
	MUST(sigprocmask(SIG_BLOCK, &all, NULL));
	handled++;
}

int main(void)
{
	struct sigaction action = { .sa_handler = on_fault };
	sigset_t mask;
	MUST(sigaction(SIGSEGV, &action, NULL));
	action.sa_handler = blocks_all;
	MUST(sigaction(SIGUSR1, &action, NULL));
	raise(SIGUSR1);
	CHECK(handled == 1);
	MUST(sigprocmask(SIG_BLOCK, NULL, &mask));
	CHECK(!sigismember(&mask, SIGSEGV) && !sigismember(&mask, SIGUSR1));
	if (!sigsetjmp(back, 1)) {
		*(volatile int *)8 = 1;
		fail("no fault");
	}
	/* What is blocked outside of any handler stays so. */
	sigfillset(&mask);
	MUST(sigprocmask(SIG_BLOCK, &mask, NULL));
	MUST(sigprocmask(SIG_UNBLOCK, NULL, &mask));
	CHECK(sigismember(&mask, SIGSEGV) && sigismember(&mask, SIGUSR1));
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	MUST(sigprocmask(SIG_UNBLOCK, &mask, NULL));
	MUST(sigprocmask(SIG_BLOCK, NULL, &mask));
	CHECK(sigismember(&mask, SIGSEGV) && !sigismember(&mask, SIGUSR1));
	return pass();
}
