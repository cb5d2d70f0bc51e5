/* Several threads vfork and exec at once while others make path calls. */
#include "check.h"
static volatile int stop;
static void *busy(void *unused) { (void)unused; while (!stop) if (!exists("/links/dir/marker")) fail("stat"); return NULL; }
static void *spawner(void *unused)
{
	(void)unused;
	char *const argv[] = { "true", NULL };
	for (int i = 0; i < 60; i++) {
		pid_t child = vfork();
		if (!child) { execv(i % 3 ? "/bin/true" : "/bin/absent", argv); _exit(3); }
		if (child < 0) fail("vfork");
		int status = reap(child);
		if (status != (i % 3 ? 0 : 0x300)) fail("child ended with %#x", status);
	}
	return NULL;
}
int main(void)
{
	pthread_t busy_ones[3], spawners[4];
	for (int i = 0; i < 3; i++) CHECK(!pthread_create(&busy_ones[i], NULL, busy, NULL));
	for (int i = 0; i < 4; i++) CHECK(!pthread_create(&spawners[i], NULL, spawner, NULL));
	for (int i = 0; i < 4; i++) pthread_join(spawners[i], NULL);
	stop = 1;
	for (int i = 0; i < 3; i++) pthread_join(busy_ones[i], NULL);
	return pass();
}
