/*
 * The differential fuzzer's guest: from a seed it makes a tree and runs random path calls in it,
 * one line of log per call. Two runs of one seed, one in the engine and one in a real chroot with
 * real bind mounts, must write the same log.
 *   fuzz FIRST-SEED COUNT STEPS WORKERS [STEP...]     only these steps, if any are named
 * With several workers, processes with their own descriptors and current directories take turns.
 */
#include "fuzz.h"
#include <grp.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static int wanted[100000], only;

static void take_turns(uint64_t seed, int steps, int worker, int workers, int in, int out)
{
	for (int n = 0; n < steps; n++) {
		char token;
		if (n % workers != worker) continue;
		if (workers > 1 && read(in, &token, 1) != 1) _exit(4);
		if (!only || wanted[n]) {
			struct random r = { seed * 1000003u + (uint64_t)n * 7919u + 17 };
			next(&r);
			say("%ld.%d ", (long)seed, n);
			step(&r, n);
			flush_line();
		}
		if (workers > 1 && write(out, "t", 1) != 1) _exit(5);
	}
}

/* Descriptors to begin with, so that most calls relative to one mean something. */
static void open_slots(void)
{
	static const char *const paths[SLOTS] = { "/f", "/f/a", "/f/rw", "/f/ro", "/f/rw/in", "/f/c", "/", "/f/a/b" };
	for (int i = 0; i < SLOTS; i++) {
		int fd = open(paths[i], O_RDONLY | O_NONBLOCK);
		if (fd < 0) continue;
		dup2(fd, FIRST_SLOT + i);
		close(fd);
	}
}

/* With FUZZ_STRANGERS root makes the tree, gives parts of it away, and the calls are another user's; with
 * FUZZ_STRANGERS=root they are root's own. */
static int strangers, root;

static void become_stranger(void)
{
	const gid_t groups[] = { 300 };
	if (setgroups(1, groups) || setgid(2000) || setuid(2000)) _exit(11);
}

/* With FUZZ_CROWDED no descriptor is left below the limit that is in force, and a higher one might be asked for. */
static void crowd(void)
{
	struct rlimit limit = { CROWD, 4096 };
	if (setrlimit(RLIMIT_NOFILE, &limit)) _exit(12);
	for (int fd = 3; fd < CROWD; fd++)
		if (fcntl(fd, F_GETFD) < 0 && (fd < FIRST_SLOT || fd >= FIRST_SLOT + SLOTS)) dup2(0, fd);
}

static void run_seed(uint64_t seed, int steps, int workers)
{
	struct random r = { seed * 2654435761u + 1 };
	int ring[16][2], ready[2];
	char token;
	pid_t pids[16];
	if (root) clean_root();
	chmod("/f", 0755);	/* a former seed may have closed it */
	if (chdir("/f")) _exit(6);
	clean_tree();
	make_tree(&r);
	if (strangers) give_tree(&r);
	say("%ld start", (long)seed);
	flush_line();
	if (pipe(ready)) _exit(7);
	for (int i = 0; i < workers; i++) if (pipe(ring[i])) _exit(7);
	for (int i = 0; i < workers; i++) {
		pids[i] = fork();
		if (pids[i]) continue;
		/* out of the way of the slots and of the numbers the calls log */
		int in = dup2(ring[i][0], 60), out = dup2(ring[(i + 1) % workers][1], 61), tell = dup2(ready[1], 62);
		for (int fd = 3; fd < 60; fd++) close(fd);
		open_slots();
		if (strangers && !root) become_stranger();
		if (getenv("FUZZ_CROWDED")) crowd();
		alarm(20);
		if (write(tell, "r", 1) != 1) _exit(9);
		close(tell);
		take_turns(seed, steps, i, workers, in, out);
		_exit(0);
	}
	close(ready[1]);
	/* nobody's first call may come before somebody else's descriptors are open */
	for (int i = 0; i < workers; i++) if (read(ready[0], &token, 1) != 1) _exit(10);
	close(ready[0]);
	if (write(ring[0][1], "t", 1) != 1) _exit(8);
	for (int i = 0; i < workers; i++) {
		int status = 0;
		waitpid(pids[i], &status, 0);
		if (status) { say("%ld worker %d ended with status %#x", (long)seed, i, status); flush_line(); }
	}
	for (int i = 0; i < workers; i++) { close(ring[i][0]); close(ring[i][1]); }
	dump_tree();
}

int main(int argc, char **argv)
{
	if (argc < 5) return 2;
	uint64_t first = strtoull(argv[1], NULL, 10), count = strtoull(argv[2], NULL, 10);
	int steps = atoi(argv[3]), workers = atoi(argv[4]);
	for (int i = 5; i < argc; i++) { only = 1; wanted[atoi(argv[i]) % 100000] = 1; }
	umask(022);
	strangers = getenv("FUZZ_STRANGERS") != NULL;
	root = strangers && !strcmp(getenv("FUZZ_STRANGERS"), "root");
	signal(SIGPIPE, SIG_IGN);
	for (uint64_t seed = first; seed < first + count; seed++) run_seed(seed, steps, workers < 1 ? 1 : workers > 16 ? 16 : workers);
	open_mounts();
	return 0;
}
