/* A handler that changes the mask in its own frame, as QEMU's do: what it blocks there is blocked behind it, and calls go
 * on. */
#include "check.h"
#include <ucontext.h>

static volatile int handled;
static int fills;

static void handler(int number, siginfo_t *info, void *context)
{
	(void)number, (void)info;
	handled++;
	if (fills) sigfillset(&((ucontext_t *)context)->uc_sigmask);
}

static void run(void)
{
	struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };
	sigset_t mask;
	sigemptyset(&mask);
	MUST(sigprocmask(SIG_SETMASK, &mask, NULL));
	MUST(sigaction(SIGUSR1, &action, NULL));
	handled = 0;
	raise(SIGUSR1);
	CHECK(handled == 1);
	CHECK(exists("/bin"));
	MUST(sigprocmask(SIG_BLOCK, NULL, &mask));
	for (int number = 1; number < 32; number++)
		if (number != SIGKILL && number != SIGSTOP) CHECK(sigismember(&mask, number) == fills);
	raise(SIGUSR1);
	CHECK(handled == (fills ? 1 : 2));
	signal(SIGUSR1, SIG_IGN); /* takes back the one that waits */
}

int main(void)
{
	fills = 1;
	for (int i = 0; i < 20; i++) run();
	fills = 0;
	for (int i = 0; i < 20; i++) run();
	return pass();
}
