/* A handler entered from sigsuspend, ppoll, pselect or epoll_pwait with nearly everything blocked makes path calls. */
#include "check.h"
#include <sys/epoll.h>
#include <sys/select.h>
static volatile int good;
static void handler(int number) { (void)number; good += exists("/etc/marker") && !exists("/etc/absent"); }
static void arm(void)
{
	struct itimerval once = { .it_value = { 0, 20000 } };
	MUST(setitimer(ITIMER_REAL, &once, NULL));
}
int main(void)
{
	sigset_t alarm_only, all_but_alarm, now;
	struct timespec long_time = { 5, 0 };
	struct epoll_event event;
	struct sigaction act = { .sa_handler = handler };
	sigfillset(&act.sa_mask);
	MUST(sigaction(SIGALRM, &act, NULL));
	sigemptyset(&alarm_only);
	sigaddset(&alarm_only, SIGALRM);
	MUST(sigprocmask(SIG_BLOCK, &alarm_only, NULL));
	sigfillset(&all_but_alarm);
	sigdelset(&all_but_alarm, SIGALRM);
	arm(); FAILS(EINTR, sigsuspend(&all_but_alarm));
	CHECK(good == 1);
	arm(); FAILS(EINTR, ppoll(NULL, 0, &long_time, &all_but_alarm));
	CHECK(good == 2);
	arm(); FAILS(EINTR, pselect(0, NULL, NULL, NULL, &long_time, &all_but_alarm));
	CHECK(good == 3);
	int epoll = (int)MUST(epoll_create1(EPOLL_CLOEXEC));
	arm(); FAILS(EINTR, epoll_pwait(epoll, &event, 1, 5000, &all_but_alarm));
	CHECK(good == 4);
	MUST(sigprocmask(SIG_BLOCK, NULL, &now));
	CHECK(sigismember(&now, SIGALRM) == 1 && sigismember(&now, SIGUSR1) == 0);
	CHECK(exists("/etc/marker"));
	return pass();
}
