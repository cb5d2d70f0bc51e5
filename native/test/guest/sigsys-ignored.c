/* SIGSYS set to be ignored: path calls work, raise() does nothing, the disposition reads back. */
#include "check.h"
int main(void)
{
	struct sigaction act;
	signal(SIGSYS, SIG_IGN);
	CHECK(exists("/etc/marker"));
	raise(SIGSYS);
	kill(getpid(), SIGSYS);
	CHECK(exists("/etc/marker"));
	MUST(sigaction(SIGSYS, NULL, &act));
	CHECK(act.sa_handler == SIG_IGN);
	return pass();
}
