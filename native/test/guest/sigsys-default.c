/* A SIGSYS nobody handles kills, and the parent sees by what. */
#include "check.h"
int main(void)
{
	pid_t child = (pid_t)MUST(fork());
	if (!child) { struct rlimit none = { 0, 0 }; setrlimit(RLIMIT_CORE, &none); raise(SIGSYS); _exit(3); }
	int status = reap(child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
	child = (pid_t)MUST(fork());
	if (!child) { for (;;) exists("/etc/marker"); }
	usleep(20000);
	kill(child, SIGSYS);
	status = reap(child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
	return pass();
}
