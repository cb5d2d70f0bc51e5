/* Exit codes and deaths by signal reach the parent unchanged; exit_group from a thread ends all. */
#include "check.h"
static void *leave(void *unused) { (void)unused; exists("/etc/marker"); _exit(42); }
int main(void)
{
	static const int signals[] = { SIGABRT, SIGKILL, SIGTERM, SIGSEGV, SIGUSR1, SIGPIPE, SIGFPE, SIGBUS, SIGILL, SIGTRAP };
	struct rlimit none = { 0, 0 };
	setrlimit(RLIMIT_CORE, &none);
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
		pid_t child = (pid_t)MUST(fork());
		if (!child) { exists("/etc/marker"); raise(signals[i]); _exit(0); }
		int status = reap(child);
		if (!WIFSIGNALED(status) || WTERMSIG(status) != signals[i]) fail("signal %d gave status %#x", signals[i], status);
	}
	IN_CHILD(255, _exit(255));
	IN_CHILD(42, { pthread_t t; pthread_create(&t, NULL, leave, NULL); pthread_join(t, NULL); });
	IN_CHILD(3, execl("/bin/sh", "sh", "-c", "exit 3", NULL));
	pid_t child = (pid_t)MUST(fork());
	if (!child) { *(volatile int *)0 = 1; }
	int status = reap(child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	child = (pid_t)MUST(fork()); if (!child) { abort(); } status = reap(child); CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	return pass();
}
