/* Storms of threads and signals: sites rewritten under many threads, handlers on alternate stacks, jumps out of handlers,
 * cancellation. */
#include "soak.h"

static pthread_barrier_t barrier;

static void check_calls(void)
{
	struct stat st;
	char text[16];
	if (syscall(SYS_newfstatat, AT_FDCWD, "/etc/passwd", &st, 0) || !S_ISREG(st.st_mode)) fail("syscall()");
	if (stat("/etc/passwd", &st) || lstat("/work/link", &st) || !S_ISLNK(st.st_mode)) fail("stat");
	int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode)) fail("open");
	close(fd);
	if (access("/etc/absent", F_OK) != -1 || errno != ENOENT) fail("access");
	if (readlink("/work/link", text, sizeof text) != 11) fail("readlink");
}

static void *meet_sites(void *unused)
{
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < 100; i++) check_calls();
	return unused;
}

void storm_patched_sites(unsigned seed)
{
	(void)seed;
	pthread_t threads[64];
	pthread_barrier_init(&barrier, NULL, 64);
	for (int i = 0; i < 64; i++) CHECK(!pthread_create(&threads[i], NULL, meet_sites, NULL));
	for (int i = 0; i < 64; i++) pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&barrier);
}

static volatile int stop;
static __thread sigjmp_buf back;
static __thread volatile int may_jump;

static void on_urgent(int number, siginfo_t *info, void *context)
{
	(void)number; (void)info; (void)context;
	static unsigned count;
	volatile char noise[512];
	for (size_t i = 0; i < sizeof noise; i++) noise[i] = (char)i;
	int saved = errno;
	struct stat st;
	if (__atomic_add_fetch(&count, 1, __ATOMIC_RELAXED) % 4 == 0 && stat("/etc/passwd", &st)) fail("stat in a handler");
	errno = saved;
	if (may_jump && noise[1]) siglongjmp(back, 1);
}

static void *under_signals(void *jumps)
{
	char *room = malloc(131072);
	stack_t stack = { .ss_sp = room, .ss_size = 131072 }, none = { .ss_flags = SS_DISABLE };
	sigset_t both;
	sigemptyset(&both);
	sigaddset(&both, SIGURG);
	sigaddset(&both, SIGALRM);
	MUST(sigaltstack(&stack, NULL));
	while (!stop) {
		if (jumps && !sigsetjmp(back, 0)) {
			struct stat st;
			may_jump = 1;
			for (int i = 0; i < 50; i++) stat("/etc/passwd", &st), lstat("/work/link", &st);
		}
		may_jump = 0;
		pthread_sigmask(SIG_UNBLOCK, &both, NULL);	/* here, not on the handlers' stack, where the next would pile up */
		check_calls();
	}
	MUST(sigaltstack(&none, NULL));
	free(room);
	return NULL;
}

void storm_signals(unsigned seed)
{
	enum { THREADS = 4 };
	pthread_t threads[THREADS];
	struct sigaction act = { .sa_sigaction = on_urgent, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART }, old[2];
	struct itimerval every = { { 0, 700 }, { 0, 700 } }, never = { { 0, 0 }, { 0, 0 } };
	stop = 0;
	MUST(sigaction(SIGURG, &act, &old[0]));
	MUST(sigaction(SIGALRM, &act, &old[1]));
	for (long i = 0; i < THREADS; i++) CHECK(!pthread_create(&threads[i], NULL, under_signals, (void *)(i % 2)));
	MUST(setitimer(ITIMER_REAL, &every, NULL));
	for (long end = now_us() + 700000 + pick(&seed, 300000); now_us() < end; pause_us(20))
		pthread_kill(threads[pick(&seed, THREADS)], SIGURG);
	MUST(setitimer(ITIMER_REAL, &never, NULL));
	stop = 1;
	for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
	MUST(sigaction(SIGURG, &old[0], NULL));
	MUST(sigaction(SIGALRM, &old[1], NULL));
}

static void *waiting(void *fd)
{
	char byte;
	for (;;) {
		struct stat st;
		stat("/etc/passwd", &st);
		if (read((int)(long)fd, &byte, 1) == 1) return NULL;
	}
}

static void *opening(void *path)
{
	open(path, O_RDONLY);	/* a pipe nobody writes to */
	return NULL;
}

void storm_cancelled(unsigned seed)
{
	int fds[2];
	char name[64];
	MUST(pipe(fds));
	snprintf(name, sizeof name, "/work/fifo.%d", (int)getpid());
	MUST(mkfifo(name, 0600));
	for (int round = 0; round < 60; round++) {
		pthread_t reader, opener;
		CHECK(!pthread_create(&reader, NULL, waiting, (void *)(long)fds[0]));
		CHECK(!pthread_create(&opener, NULL, opening, name));
		pause_us(pick(&seed, 600));
		pthread_cancel(reader);
		pthread_cancel(opener);
		pthread_join(reader, NULL);
		pthread_join(opener, NULL);
	}
	MUST(unlink(name));
	close(fds[0]);
	close(fds[1]);
}
