/* sigaction() gives back the mask that was set, the signals that an engine may want for itself included, and goes by
 * signal; fork hands the masks on, exec does not. */
#include "check.h"
static void handler(int number) { (void)number; }
static int member(int number, int of)
{
	struct sigaction old;
	MUST(sigaction(number, NULL, &old));
	return sigismember(&old.sa_mask, of);
}
int main(int argc, char **argv)
{
	if (argc > 1) return member(SIGUSR1, SIGSYS) || member(SIGUSR1, SIGUSR2);
	struct sigaction full = { .sa_handler = handler }, some = { .sa_handler = handler }, old;
	sigfillset(&full.sa_mask);
	sigaddset(&some.sa_mask, SIGSEGV);
	MUST(sigaction(SIGUSR1, &full, NULL));
	MUST(sigaction(SIGUSR2, &some, NULL));
	MUST(sigaction(SIGSYS, &full, NULL));
	for (int number = 1; number < 32; number++)
		CHECK(member(SIGUSR1, number) == (number != SIGKILL && number != SIGSTOP));
	CHECK(member(SIGUSR2, SIGSEGV) && !member(SIGUSR2, SIGSYS) && !member(SIGUSR2, SIGBUS));
	CHECK(member(SIGSYS, SIGBUS) && member(SIGSYS, SIGSYS));
	pid_t child = (pid_t)MUST(fork());
	if (child == 0) {
		if (!member(SIGUSR1, SIGSYS)) _exit(2);
		execl("/proc/self/exe", argv[0], "again", (char *)NULL);
		_exit(3);
	}
	int status;
	MUST(waitpid(child, &status, 0));
	CHECK(status == 0);
	some.sa_handler = SIG_IGN;
	sigemptyset(&some.sa_mask);
	MUST(sigaction(SIGUSR1, &some, &old));
	CHECK(sigismember(&old.sa_mask, SIGBUS) == 1);
	CHECK(!member(SIGUSR1, SIGBUS));
	return pass();
}
