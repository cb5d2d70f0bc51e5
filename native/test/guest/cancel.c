/* A thread blocked in open is a cancellation point: pthread_cancel ends it, cleanup handlers run. */
#include "check.h"
static volatile int cleaned;
static void clean(void *unused) { (void)unused; cleaned++; }
static void *work(void *unused)
{
	(void)unused;
	pthread_cleanup_push(clean, NULL);
	open("/work/fifo", O_RDONLY);
	pthread_cleanup_pop(0);
	return NULL;
}
int main(void)
{
	MUST(mkfifo("fifo", 0644));
	for (int i = 0; i < 30; i++) {
		pthread_t thread;
		void *result;
		CHECK(!pthread_create(&thread, NULL, work, NULL));
		usleep(3000);
		pthread_cancel(thread);
		pthread_join(thread, &result);
		if (result != PTHREAD_CANCELED) fail("the thread was not cancelled in round %d", i);
		CHECK(cleaned == i + 1);
	}
	return pass();
}
