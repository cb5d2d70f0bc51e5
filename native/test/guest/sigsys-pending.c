/* A SIGSYS sent while blocked stays pending, path calls go on, and it arrives when unblocked. */
#include "check.h"
static volatile int calls;
static void handler(int number) { (void)number; calls++; }
int main(void)
{
	sigset_t set, pending;
	signal(SIGSYS, handler);
	sigemptyset(&set);
	sigaddset(&set, SIGSYS);
	MUST(sigprocmask(SIG_BLOCK, &set, NULL));
	raise(SIGSYS);
	CHECK(calls == 0);
	CHECK(exists("/etc/marker"));
	MUST(sigpending(&pending));
	CHECK(sigismember(&pending, SIGSYS) == 1);
	for (int i = 0; i < 50; i++) CHECK(exists("/etc/marker"));
	CHECK(calls == 0);
	MUST(sigprocmask(SIG_UNBLOCK, &set, NULL));
	CHECK(calls == 1);
	return pass();
}
