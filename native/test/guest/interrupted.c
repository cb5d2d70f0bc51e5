/* A blocked open is interrupted by a handler without SA_RESTART (EINTR) and restarted with it. */
#include "check.h"
static volatile int hits;
static volatile int release_after;
static void handler(int number)
{
	(void)number;
	if (++hits == release_after) close(open("/work/fifo", O_RDWR | O_NONBLOCK));
}
int main(void)
{
	MUST(mkfifo("fifo", 0644));
	struct sigaction act = { .sa_handler = handler };
	struct itimerval often = { { 0, 20000 }, { 0, 20000 } }, never = { { 0, 0 }, { 0, 0 } };
	MUST(sigaction(SIGALRM, &act, NULL));
	for (int i = 0; i < 10; i++) {
		MUST(setitimer(ITIMER_REAL, &often, NULL));
		FAILS(EINTR, open("/work/fifo", O_RDONLY));
	}
	CHECK(hits >= 10);
	MUST(setitimer(ITIMER_REAL, &never, NULL));
	hits = 0;
	act.sa_flags = SA_RESTART;
	MUST(sigaction(SIGALRM, &act, NULL));
	pid_t child = (pid_t)MUST(fork());
	if (!child) { usleep(1000000); int fd = open("/work/fifo", O_WRONLY); usleep(100000); _exit(fd < 0); }
	MUST(setitimer(ITIMER_REAL, &often, NULL));
	int fd = open("/work/fifo", O_RDONLY);
	MUST(setitimer(ITIMER_REAL, &never, NULL));
	MUST(fd);
	CHECK(hits >= 2);
	CHECK(reap(child) == 0);
	return pass();
}
