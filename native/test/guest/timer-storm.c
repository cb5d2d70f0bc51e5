/* Ordinary signals without an alternate stack, every 50 us, with nested path calls in the handler. */
#include "check.h"
static volatile long hits;
static void handler(int number)
{
	(void)number;
	int saved = errno;
	hits++;
	if (!exists("/etc/marker") || exists("/etc/absent")) fail("path call in the handler");
	errno = saved;
}
int main(void)
{
	struct sigaction act = { .sa_handler = handler, .sa_flags = SA_RESTART };
	MUST(sigaction(SIGALRM, &act, NULL));
	MUST(sigaction(SIGPROF, &act, NULL));
	struct itimerval often = { { 0, 50 }, { 0, 50 } }, never = { { 0, 0 }, { 0, 0 } };
	MUST(setitimer(ITIMER_REAL, &often, NULL));
	MUST(setitimer(ITIMER_PROF, &often, NULL));
	for (long end = now_us() + 1500000; now_us() < end;) {
		errno = 0;
		if (exists("/etc/absent") || errno != ENOENT) fail("errno of an absent file");
		if (!exists("/etc/marker")) fail("stat");
		char text[64];
		if (!getcwd(text, sizeof text) || strcmp(text, "/work")) fail("getcwd");
		if (readlink("/links/relative", text, sizeof text) != 13) fail("readlink");
	}
	MUST(setitimer(ITIMER_REAL, &never, NULL));
	MUST(setitimer(ITIMER_PROF, &never, NULL));
	CHECK(hits > 50);
	return pass();
}
