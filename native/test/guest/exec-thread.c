/* An exec from a second thread replaces the whole process and keeps its pid; other threads are in path calls meanwhile. */
#include "check.h"
static char *self;
static volatile int stop;
static void *busy(void *unused) { (void)unused; while (!stop) exists("/links/dir/marker"); return NULL; }
static void *go(void *unused)
{
	(void)unused;
	char pid[16];
	snprintf(pid, sizeof pid, "%d", getpid());
	execl(self, self, pid, NULL);
	fail("exec");
}
int main(int argc, char **argv)
{
	if (argc > 1) {
		CHECK(atoi(argv[1]) == getpid());
		CHECK(syscall(SYS_gettid) == getpid());
		CHECK(strstr(get("/proc/self/status"), "Threads:\t1\n"));
		CHECK(exists("/etc/marker"));
		return 0;
	}
	self = argv[0];
	for (int i = 0; i < 20; i++) {
		pid_t child = (pid_t)MUST(fork());
		if (!child) {
			pthread_t t;
			for (int n = 0; n < 3; n++) pthread_create(&t, NULL, busy, NULL);
			pthread_create(&t, NULL, go, NULL);
			for (;;) exists("/etc/absent");
		}
		int status = reap(child);
		if (status) fail("round %d ended with %#x", i, status);
	}
	return pass();
}
