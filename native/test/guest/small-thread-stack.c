/* Threads with the smallest stack the library allows make every common path call. */
#include "check.h"
static void *work(void *unused)
{
	(void)unused;
	struct stat st;
	for (int i = 0; i < 100; i++) {
		if (stat("/etc/marker", &st)) fail("stat");
		int fd = open("/links/relative", O_RDONLY);
		if (fd < 0) fail("open");
		close(fd);
		if (access("/etc/absent", R_OK) != -1) fail("access");
	}
	return NULL;
}
int main(void)
{
	pthread_attr_t attr;
	pthread_t thread;
	pthread_attr_init(&attr);
	CHECK(!pthread_attr_setstacksize(&attr, PTHREAD_STACK_MIN > 16384 ? PTHREAD_STACK_MIN : 16384));
	for (int i = 0; i < 20; i++) {
		CHECK(!pthread_create(&thread, &attr, work, NULL));
		pthread_join(thread, NULL);
	}
	return pass();
}
