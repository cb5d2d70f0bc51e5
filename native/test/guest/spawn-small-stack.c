/* Children that share their parent's memory on a stack of 5 KB within its frame, as musl's posix_spawn makes them: calls
 * there write nowhere else, from threads, from children of such children, from a handler and under a storm of signals;
 * what the parent has of alternate stacks stays as it was. */
#include "check.h"
#include <sched.h>
#define SMALL (1024 + PATH_MAX)
#define BELOW 512
enum { EXEC = 3, NO_PROGRAM, KILLED, NESTED, FORKS };

struct how {
	int what;
	char *self;
};
static char *own_path;
static volatile int handled;

static int child(void *argument)
{
	const struct how *how = argument;
	volatile char frame[500];	/* musl's child has a struct sigaction and two sets */
	sigset_t none;
	char *const argv[] = { how->self, "child", NULL }, *const nothing[] = { NULL };
	memset((char *)frame, 1, sizeof frame);
	for (int number = 1; number < 32; number++) {
		struct sigaction action;
		sigaction(number, NULL, &action);
		if (action.sa_handler == SIG_DFL || action.sa_handler == SIG_IGN || number == SIGKILL || number == SIGSTOP) continue;
		action.sa_handler = SIG_DFL;
		sigaction(number, &action, NULL);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (how->what == KILLED) kill(getpid(), SIGKILL);
	if (how->what == FORKS) {	/* the forked one has its own memory, and calls on this stack too */
		pid_t pid = fork();
		if (!pid) _exit(exists("/etc/marker") ? 0 : 1);
		_exit(pid > 0 && reap(pid) == 0 ? EXEC : 1);
	}
	execve(how->what == NO_PROGRAM ? "/bin/absent" : how->self, argv, nothing);
	_exit(errno == ENOENT ? NO_PROGRAM : 1);
}

static int parent_of_one(void *self);

/* The wait status of such a child. */
static int __attribute__((noinline)) spawn(int what)
{
	struct { volatile unsigned char below[BELOW]; char stack[SMALL] __attribute__((aligned(16))); volatile unsigned char above[64]; } room;
	struct how how = { what, own_path };
	int status = 0;
	for (int i = 0; i < BELOW; i++) room.below[i] = (unsigned char)i;
	for (int i = 0; i < 64; i++) room.above[i] = (unsigned char)i;
	pid_t pid = clone(what == NESTED ? parent_of_one : child, room.stack + SMALL, CLONE_VM | CLONE_VFORK | SIGCHLD, &how);
	if (pid < 0) return -1;
	while (waitpid(pid, &status, 0) != pid)
		if (errno != EINTR) return -1;
	for (int i = 0; i < BELOW; i++) if (room.below[i] != (unsigned char)i) return -2;
	for (int i = 0; i < 64; i++) if (room.above[i] != (unsigned char)i) return -3;
	return status;
}

/* Has no 5 KB left for another stack: that one is elsewhere. */
static char other[SMALL] __attribute__((aligned(16)));
static int parent_of_one(void *self)
{
	struct how how = { EXEC, own_path };
	int status = 0;
	pid_t pid = clone(child, other + SMALL, CLONE_VM | CLONE_VFORK | SIGCHLD, &how);
	_exit(pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && exists("/etc/marker") ? WEXITSTATUS(status) : 1);
}

static void all_kinds(void)
{
	stack_t before, after;
	MUST(sigaltstack(NULL, &before));
	for (int what = EXEC; what <= FORKS; what++) {
		int status = spawn(what);
		int right = what == KILLED ? SIGKILL : what == NO_PROGRAM ? NO_PROGRAM << 8 : EXEC << 8;
		if (status != right) fail("kind %d ended with %#x, wanted %#x", what, status, right);
	}
	MUST(sigaltstack(NULL, &after));
	CHECK(before.ss_sp == after.ss_sp && before.ss_size == after.ss_size && before.ss_flags == after.ss_flags);
}

static void *in_thread(void *unused)
{
	for (int i = 0; i < 10; i++)
		for (int what = EXEC; what <= KILLED; what++)
			CHECK(spawn(what) == (what == KILLED ? SIGKILL : what << 8));
	return NULL;
}

static void on_signal(int number) { handled++; }
static void spawns(int number) { all_kinds(); handled = -1; }

int main(int argc, char **argv)
{
	if (argc > 1) return EXEC;
	own_path = argv[0];
	all_kinds();

	pthread_t threads[4];
	for (int i = 0; i < 4; i++) CHECK(pthread_create(&threads[i], NULL, in_thread, NULL) == 0);
	for (int i = 0; i < 4; i++) CHECK(pthread_join(threads[i], NULL) == 0);

	struct itimerval often = { { 0, 3000 }, { 0, 3000 } }, never = { { 0, 0 }, { 0, 0 } };
	struct sigaction counting = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	MUST(sigaction(SIGALRM, &counting, NULL));
	MUST(setitimer(ITIMER_REAL, &often, NULL));
	for (int i = 0; i < 20; i++) CHECK(spawn(EXEC) == EXEC << 8);
	MUST(setitimer(ITIMER_REAL, &never, NULL));
	CHECK(handled > 0);

	size_t size = 1 << 18;
	stack_t alternate = { .ss_sp = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), .ss_size = size };
	struct sigaction spawning = { .sa_handler = spawns, .sa_flags = SA_ONSTACK };
	MUST(sigaltstack(&alternate, NULL));
	all_kinds();
	MUST(sigaction(SIGUSR1, &spawning, NULL));
	raise(SIGUSR1);
	CHECK(handled == -1);
	return pass();
}
