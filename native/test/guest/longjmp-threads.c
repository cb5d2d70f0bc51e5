/* The same in eight threads at once, each signalled by a thread that knows where it is. */
#include "check.h"
#include <setjmp.h>
static __thread sigjmp_buf back;
static __thread volatile int inside;
static volatile int finished;
static void handler(int number) { (void)number; if (inside) { inside = 0; siglongjmp(back, 1); } }
static void *work(void *unused)
{
	(void)unused;
	for (volatile int i = 0; i < 300; i++) {
		if (!sigsetjmp(back, 1)) {
			inside = 1;
			open("/work/fifo", O_RDONLY);
			fail("the open returned");
		}
		if (!exists("/links/dir/marker")) fail("stat");
	}
	__atomic_add_fetch(&finished, 1, __ATOMIC_SEQ_CST);
	return NULL;
}
int main(void)
{
	pthread_t threads[8];
	struct sigaction act = { .sa_handler = handler };
	MUST(sigaction(SIGUSR1, &act, NULL));
	MUST(mkfifo("fifo", 0644));
	for (int i = 0; i < 8; i++) CHECK(!pthread_create(&threads[i], NULL, work, NULL));
	while (finished < 8) {
		for (int i = 0; i < 8; i++) pthread_kill(threads[i], SIGUSR1);
		usleep(200);
	}
	for (int i = 0; i < 8; i++) pthread_join(threads[i], NULL);
	return pass();
}
