/* The guest's own SIGSYS handler runs for the signals it gets, with its mask and siginfo, and for nothing else. */
#include "check.h"
static volatile int calls, code, usr1_blocked;
static void handler(int number, siginfo_t *info, void *context)
{
	(void)number; (void)context;
	sigset_t mask;
	calls++;
	code = info->si_code;
	sigprocmask(SIG_BLOCK, NULL, &mask);
	usr1_blocked = sigismember(&mask, SIGUSR1);
}
int main(void)
{
	struct sigaction act = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO }, old;
	sigaddset(&act.sa_mask, SIGUSR1);
	MUST(sigaction(SIGSYS, &act, NULL));
	for (int i = 0; i < 50; i++) CHECK(exists("/etc/marker"));
	CHECK(calls == 0);
	raise(SIGSYS);
	CHECK(calls == 1);
	CHECK(code == SI_TKILL);
	CHECK(usr1_blocked == 1);
	kill(getpid(), SIGSYS);
	CHECK(calls == 2);
	CHECK(code == SI_USER);
	MUST(sigaction(SIGSYS, NULL, &old));
	CHECK(old.sa_sigaction == handler);
	for (int i = 0; i < 50; i++) CHECK(exists("/etc/marker"));
	CHECK(calls == 2);
	return pass();
}
