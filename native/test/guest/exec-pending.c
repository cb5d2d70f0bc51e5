/* SIGSYS, SIGSEGV and SIGBUS sent while they are blocked are pending behind an exec, with who sent them; also where the
 * exec fails first, and from a vfork child. */
#include "check.h"
static volatile int got[65], value;
static void handler(int number, siginfo_t *info, void *unused)
{
	(void)unused;
	got[number]++;
	value = info->si_value.sival_int;
	if (info->si_pid != getpid() || info->si_code != SI_QUEUE) value = -1;
}
int main(int argc, char **argv)
{
	static const int numbers[] = { SIGSYS, SIGSEGV, SIGBUS };
	struct sigaction act = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };
	sigset_t set, pending;
	for (int i = 0; i < 3; i++) MUST(sigaction(numbers[i], &act, NULL));
	if (argc > 1) {
		MUST(sigpending(&pending));
		for (int i = 0; i < 3; i++) CHECK(sigismember(&pending, numbers[i]) == (argv[1][0] == 'p'));
		CHECK(exists("/etc/marker") && !got[SIGSYS] && !got[SIGSEGV] && !got[SIGBUS]);
		for (int i = 0; i < 3; i++) {
			sigemptyset(&set);
			sigaddset(&set, numbers[i]);
			MUST(sigprocmask(SIG_UNBLOCK, &set, NULL));
			CHECK(got[numbers[i]] == (argv[1][0] == 'p') && (!got[numbers[i]] || value == 100 + i));
		}
		CHECK(exists("/etc/marker"));
		return 0;
	}
	sigemptyset(&set);
	for (int i = 0; i < 3; i++) sigaddset(&set, numbers[i]);
	MUST(sigprocmask(SIG_BLOCK, &set, NULL));
	for (int round = 0; round < 4; round++) {
		int way = round & 1;
		pid_t child = (pid_t)MUST(way ? vfork() : fork());
		if (!child) {
			for (int i = 0; i < 3 && round < 2; i++) sigqueue(getpid(), numbers[i], (union sigval){ .sival_int = 100 + i });
			execl("/work/absent", "absent", NULL);
			execl(argv[0], argv[0], round < 2 ? "p" : "n", NULL);
			_exit(9);
		}
		int status = reap(child);
		if (status) fail("round %d ended with %#x", round, status);
	}
	MUST(sigpending(&pending));
	CHECK(!sigismember(&pending, SIGSYS));
	return pass();
}
