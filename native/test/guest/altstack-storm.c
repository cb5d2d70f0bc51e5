/* SA_ONSTACK signals arriving at any moment of path calls, as Go's preemption does: nothing is lost or overwritten. */
#include "check.h"
enum { THREADS = 4, SECONDS = 2 };
static volatile int stop;
static pthread_t threads[THREADS];
static long calls, signals;
static void handler(int number, siginfo_t *info, void *context)
{
	(void)number; (void)info; (void)context;
	volatile char noise[1024];
	for (size_t i = 0; i < sizeof noise; i++) noise[i] = (char)i;
	int saved = errno;
	struct stat st;
	if (__atomic_add_fetch(&signals, 1, __ATOMIC_RELAXED) % 4 == 0 && stat("/etc/marker", &st)) fail("stat in the handler");
	errno = saved;
}
static void *work(void *unused)
{
	(void)unused;
	struct stat st;
	stack_t stack = { .ss_sp = malloc(32768), .ss_size = 32768 };
	MUST(sigaltstack(&stack, NULL));
	while (!stop) {
		if (stat("/etc/marker", &st) || st.st_size != 6) fail("stat");
		if (stat("/etc/absent", &st) != -1 || errno != ENOENT) fail("stat of an absent file");
		int fd = open("/links/dir/marker", O_RDONLY);
		char text[8];
		if (fd < 0 || read(fd, text, 8) != 6 || memcmp(text, "guest\n", 6)) fail("open and read");
		close(fd);
		__atomic_add_fetch(&calls, 3, __ATOMIC_RELAXED);
	}
	return NULL;
}
int main(void)
{
	struct sigaction act = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART };
	MUST(sigaction(SIGURG, &act, NULL));
	for (int i = 0; i < THREADS; i++) CHECK(!pthread_create(&threads[i], NULL, work, NULL));
	for (long end = now_us() + SECONDS * 1000000L; now_us() < end || signals <= 100;)
		for (int i = 0; i < THREADS; i++) pthread_kill(threads[i], SIGURG);
	stop = 1;
	for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
	CHECK(signals > 100 && calls > 100);
	return pass();
}
