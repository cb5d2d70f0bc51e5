/* Changing owners again and again, with threads that look at them, costs no memory: what was remembered before is given back. */
// identity: root
#include "check.h"
static volatile int stop;
static void *look(void *path)
{
	struct stat st;
	while (!stop) if (stat(path, &st) || st.st_uid < 1 || st.st_uid > 50000) fail("an owner that never was");
	return NULL;
}
static long pages(void) { return atol(get("/proc/self/statm")); }
int main(void)
{
	pthread_t threads[2];
	put("/work/f", "x");
	MUST(chown("/work/f", 1, 1));
	for (int i = 0; i < 2; i++) CHECK(!pthread_create(&threads[i], NULL, look, "/work/f"));
	MUST(chown("/work/f", 2, 2));
	usleep(20000);
	long before = pages(), most = 0;
	for (uid_t i = 1; i <= 30000; i++) {
		MUST(chown("/work/f", i, i));
		if (i % 5000 == 0 && pages() > most) most = pages();
	}
	stop = 1;
	for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
	struct stat st;
	MUST(stat("/work/f", &st));
	CHECK(st.st_uid == 30000 && st.st_gid == 30000);
	if ((most - before) * getpagesize() > 2000000) fail("%ld pages more than before", most - before);
	return pass();
}
