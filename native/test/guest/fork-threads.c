/* Forks while other threads are inside path calls: the child's path calls work, over and over. */
#include "check.h"
static volatile int stop;
static void *busy(void *unused)
{
	(void)unused;
	while (!stop) { if (!exists("/links/dir/marker") || exists("/etc/absent")) fail("stat"); }
	return NULL;
}
int main(void)
{
	pthread_t threads[8];
	for (int i = 0; i < 8; i++) CHECK(!pthread_create(&threads[i], NULL, busy, NULL));
	for (int i = 0; i < 200; i++) {
		pid_t child = (pid_t)MUST(fork());
		if (!child) {
			struct stat st;
			for (int n = 0; n < 20; n++) if (syscall(SYS_newfstatat, AT_FDCWD, "/links/dir/marker", &st, 0)) _exit(2);
			if (i % 4 == 0) {
				pid_t grandchild = fork();
				if (!grandchild) _exit(stat("/etc/marker", &st) ? 1 : 0);
				int s;
				waitpid(grandchild, &s, 0);
				_exit(s ? 3 : 0);
			}
			_exit(0);
		}
		int status = reap(child);
		if (status) fail("child %d ended with %#x", i, status);
	}
	stop = 1;
	for (int i = 0; i < 8; i++) pthread_join(threads[i], NULL);
	return pass();
}
