/* sigwait, sigtimedwait and signalfd with SIGSYS in the set leave path calls working. */
#include "check.h"
#include <sys/signalfd.h>
int main(void)
{
	sigset_t set;
	struct timespec no_time = { 0, 1000000 };
	siginfo_t info;
	sigfillset(&set);
	MUST(sigprocmask(SIG_BLOCK, &set, NULL));
	FAILS(EAGAIN, sigtimedwait(&set, &info, &no_time));
	CHECK(exists("/etc/marker"));
	int fd = (int)MUST(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
	struct signalfd_siginfo got;
	FAILS(EAGAIN, read(fd, &got, sizeof got));
	for (int i = 0; i < 20; i++) CHECK(exists("/etc/marker"));
	kill(getpid(), SIGUSR1);
	CHECK(sigtimedwait(&set, &info, &no_time) == SIGUSR1);
	CHECK(exists("/etc/marker"));
	return pass();
}
