/* Storms of processes: fork, vfork, posix_spawn, exec from a thread, large arguments, tracing, whole programs. */
#include "soak.h"

static void child_work(void)
{
	struct stat st;
	for (int i = 0; i < 20; i++) {
		if (stat("/etc/passwd", &st) || stat("/etc/absent", &st) != -1 || errno != ENOENT) _exit(9);
		int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
		if (fd < 0) _exit(9);
		close(fd);
	}
}

void storm_forks(unsigned seed)
{
	pid_t children[40];
	for (int round = 0; round < 8; round++) {
		for (int i = 0; i < 40; i++) {
			children[i] = (pid_t)MUST(fork());
			if (children[i]) continue;
			child_work();
			if (i % 4 == 0) IN_CHILD(3, child_work());
			_exit(0);
		}
		for (int i = 0; i < 40; i += 5)	/* some at any point of their calls */
			if (pick(&seed, 2)) kill(children[i], SIGKILL);
		for (int i = 0; i < 40; i++) {
			int status = reap(children[i]);
			if (status && !(i % 5 == 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)) fail("child ended with %#x", status);
		}
	}
}

static void *spawning(void *unused)
{
	(void)unused;
	for (int i = 0; i < 15; i++) {
		pid_t child;
		char *const good[] = { "true", NULL }, *const bad[] = { "absent", NULL };
		int r = posix_spawn(&child, "/bin/true", NULL, NULL, good, environ);
		if (r || reap(child)) fail("posix_spawn: %d", r);
		r = posix_spawn(&child, "/bin/absent", NULL, NULL, bad, environ);
		if (r != ENOENT) fail("posix_spawn of what is not there: %d", r);
		child = vfork();
		if (!child) {
			execv("/bin/absent", bad);
			_exit(errno == ENOENT ? 5 : 6);
		}
		if (reap(child) != 5 << 8) fail("vfork");
	}
	return NULL;
}

void storm_spawns(unsigned seed)
{
	pthread_t threads[8];
	int n = 1 + (int)pick(&seed, 8);
	for (int i = 0; i < n; i++) CHECK(!pthread_create(&threads[i], NULL, spawning, NULL));
	for (int i = 0; i < n; i++) pthread_join(threads[i], NULL);
}

static volatile int busy_threads;

static void *busy(void *unused)
{
	struct stat st;
	busy_threads = 1;
	for (;;) stat("/etc/passwd", &st), stat("/etc/absent", &st);
	return unused;
}

static void *executing(void *unused)
{
	while (!busy_threads) pause_us(100);
	char *const arguments[] = { (char *)self, "exit", "7", NULL };
	execv(self, arguments);
	fail("exec from a thread");
	return unused;
}

void storm_exec_from_thread(unsigned seed)
{
	for (unsigned round = 0; round < 10 + pick(&seed, 10); round++) IN_CHILD(7, {
		pthread_t thread;
		for (int i = 0; i < 4; i++) CHECK(!pthread_create(&thread, NULL, busy, NULL));
		CHECK(!pthread_create(&thread, NULL, executing, NULL));
		for (;;) pause();
	});
}

void storm_big_arguments(unsigned seed)
{
	enum { COUNT = 11, LENGTH = 100000 };
	const char *arguments[COUNT + 3] = { "count" };
	char *text = malloc(LENGTH + 1);
	memset(text, 'a', LENGTH);
	text[LENGTH] = 0;
	unsigned n = 1 + pick(&seed, COUNT);
	for (unsigned i = 0; i < n; i++) arguments[1 + i] = text;
	arguments[1 + n] = NULL;
	int status = run_self(arguments);
	if (status != (int)n << 8) fail("%u large arguments: status %#x", n, status);
	free(text);
}

void storm_traced(unsigned seed)
{
	for (unsigned round = 0; round < 4 + pick(&seed, 4); round++) {
		pid_t child = (pid_t)MUST(fork());
		if (!child) {
			ptrace(PTRACE_TRACEME, 0, 0, 0);
			execl("/bin/true", "true", (char *)NULL);
			_exit(9);
		}
		int status = reap(child);
		if (!WIFSTOPPED(status) || WSTOPSIG(status) != SIGTRAP) fail("traced exec: %#x", status);
		while (MUST(ptrace(PTRACE_CONT, child, 0, 0)) == 0 && (status = reap(child), WIFSTOPPED(status))) ;
		if (status) fail("traced child: %#x", status);
	}
}

/* Whole programs, where the tree has them. */
void storm_programs(unsigned seed)
{
	static const struct { const char *needs, *command; } programs[] = {
		{ "/bin/sh", "i=0; while [ $i -lt 40 ]; do cat /etc/passwd | cat > /dev/null; i=$((i+1)); done" },
		{ "/usr/bin/python3", "python3 -c 'import concurrent.futures as c, os, subprocess as s\nwith c.ThreadPoolExecutor(16) as e: assert all(e.map(os.path.exists, [\"/etc/passwd\"] * 500))\nassert all(s.run([\"true\"]).returncode == 0 for i in range(20))'" },
		{ "/usr/bin/python3", "python3 -c 'import multiprocessing as m\nwith m.Pool(6) as p: assert sum(p.map(len, [\"x\" * i for i in range(50)])) == 1225'" },
		{ "/opt/esbuild", "d=$(mktemp -d); echo 'console.log(1)' > $d/a.js; i=0; while [ $i -lt 5 ]; do /opt/esbuild --bundle $d/a.js --outfile=$d/o.js --log-level=error || exit 1; i=$((i+1)); done; rm -r $d" },
		{ "/usr/bin/node", "node -e 'const {Worker} = require(\"worker_threads\"); for (let i = 0; i < 4; i++) new Worker(\"for (let i = 0; i < 200; i++) require(\\\"fs\\\").statSync(\\\"/etc/passwd\\\")\", {eval: true})'" },
		{ "/usr/bin/git", "d=$(mktemp -d); cd $d; git init -q .; git config user.email a@b; git config user.name n; i=0; while [ $i -lt 5 ]; do echo $i > f; git add f; git commit -qm c || exit 1; i=$((i+1)); done; git gc -q; git fsck > /dev/null || exit 1; cd /; rm -rf $d" },
		{ "/usr/bin/java", "java -Xmx64m -version 2> /dev/null" },
		{ "/usr/bin/gcc", "d=$(mktemp -d); echo 'int main(void){return 3;}' > $d/t.c; gcc -o $d/t $d/t.c; $d/t; s=$?; rm -r $d; [ $s = 3 ]" },
	};
	unsigned which = pick(&seed, sizeof programs / sizeof *programs);
	if (!exists(programs[which].needs)) which = 0;
	int status = system(programs[which].command);
	if (status) fail("%s: status %#x", programs[which].command, status);
}
