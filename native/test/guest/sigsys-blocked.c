/* A guest that blocks every signal still makes path calls, and reads back the mask it set. */
#include "check.h"
int main(void)
{
	sigset_t all, old;
	sigfillset(&all);
	MUST(sigprocmask(SIG_SETMASK, &all, NULL));
	for (int i = 0; i < 50; i++) CHECK(exists("/etc/marker"));
	MUST(sigprocmask(SIG_BLOCK, NULL, &old));
	CHECK(sigismember(&old, SIGSYS) == 1);
	CHECK(sigismember(&old, SIGUSR1) == 1);
	IN_CHILD(0, CHECK(exists("/etc/marker")));
	sigemptyset(&all);
	MUST(sigprocmask(SIG_SETMASK, &all, &old));
	CHECK(sigismember(&old, SIGSYS) == 1);
	return pass();
}
