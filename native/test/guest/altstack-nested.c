/* Two signals whose handlers share an alternate stack and call the system there: the inner one never takes the place of the
 * outer one's frame, and handlers that jump out of both leave nothing behind. */
#include "check.h"
#include <setjmp.h>
enum { THREADS = 3, SECONDS = 3, ROOM = 131072 };
static volatile int stop;
static long handled, jumps;
static __thread sigjmp_buf back;
static __thread volatile int may_jump;
static void handler(int number, siginfo_t *info, void *context)
{
	(void)number; (void)info; (void)context;
	volatile unsigned char noise[512];
	struct stat st;
	int saved = errno;
	long count = __atomic_add_fetch(&handled, 1, __ATOMIC_RELAXED);
	for (size_t i = 0; i < sizeof noise; i++) noise[i] = (unsigned char)(i ^ (size_t)count);
	if (stat("/etc/marker", &st) || st.st_size != 6) fail("stat in the handler");
	if (access("/etc/absent", F_OK) != -1 || errno != ENOENT) fail("access in the handler");
	for (size_t i = 0; i < sizeof noise; i++) if (noise[i] != (unsigned char)(i ^ (size_t)count)) fail("the handler's own memory");
	errno = saved;
	if (!may_jump) return;
	__atomic_add_fetch(&jumps, 1, __ATOMIC_RELAXED);
	siglongjmp(back, 1);
}
static void *work(void *jumping)
{
	struct stat st;
	stack_t stack = { .ss_sp = malloc(ROOM), .ss_size = ROOM }, now;
	sigset_t both, mask;
	sigemptyset(&both);
	sigaddset(&both, SIGURG);
	sigaddset(&both, SIGALRM);
	MUST(sigaltstack(&stack, NULL));
	while (!stop) {
		if (jumping && !sigsetjmp(back, 0)) {
			may_jump = 1;
			for (int i = 0; i < 50; i++) if (stat("/etc/marker", &st) || st.st_size != 6) fail("stat before a jump");
		}
		may_jump = 0;
		pthread_sigmask(SIG_UNBLOCK, &both, NULL);
		for (int i = 0; i < 20; i++) {
			int fd = open("/links/dir/marker", O_RDONLY);
			char text[8];
			if (fd < 0 || read(fd, text, 8) != 6 || memcmp(text, "guest\n", 6)) fail("open and read");
			close(fd);
		}
		MUST(sigaltstack(NULL, &now));
		CHECK(now.ss_sp == stack.ss_sp && now.ss_size == ROOM && now.ss_flags == 0);
		CHECK(!pthread_sigmask(SIG_BLOCK, NULL, &mask) && !sigismember(&mask, SIGURG) && !sigismember(&mask, SIGTERM));
	}
	return NULL;
}
int main(void)
{
	pthread_t threads[THREADS];
	struct sigaction act = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART };
	struct itimerval every = { { 0, 500 }, { 0, 500 } }, never = { { 0, 0 }, { 0, 0 } };
	MUST(sigaction(SIGURG, &act, NULL));
	MUST(sigaction(SIGALRM, &act, NULL));
	for (long i = 0; i < THREADS; i++) CHECK(!pthread_create(&threads[i], NULL, work, (void *)(i % 2)));
	MUST(setitimer(ITIMER_REAL, &every, NULL));
	for (long end = now_us() + SECONDS * 1000000L; now_us() < end || jumps <= 100; usleep(10))
		for (int i = 0; i < THREADS; i++) pthread_kill(threads[i], SIGURG);
	MUST(setitimer(ITIMER_REAL, &never, NULL));
	stop = 1;
	for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
	CHECK(handled > 100 && jumps > 100);
	return pass();
}
