/* Mixed storms for as long as asked: some in processes of their own, some in this one, which lives all the time.
 *   soak SECONDS SEED WORKERS
 * Every storm must end, and leave no slot of the engine taken, no descriptor, thread or child. A line a minute tells of
 * this process; the last one of all. */
#include "soak.h"

#if defined __x86_64__
#include "../../src/arch/x86_64/offsets.h"
#else
#include "../../src/arch/aarch64/offsets.h"
#endif
#define BUSY_WORD(i) (SLOTS_BASE + (i) * SLOT_SIZE + SLOT_SIZE - SLOT_HEAD + SLOT_BUSY)
enum { SLOTS = 512, LONGEST = 240 /* seconds for a storm */ };

const char *self;

static const struct storm { const char *name; void (*run)(unsigned seed); int at_home; } storms[] = {
	{ "forks", storm_forks, 1 }, { "patched-sites", storm_patched_sites, 1 }, { "signals", storm_signals, 1 }, { "spawns", storm_spawns, 1 },
	{ "exec-from-thread", storm_exec_from_thread, 1 }, { "big-arguments", storm_big_arguments, 1 }, { "cancelled", storm_cancelled, 1 },
	{ "traced", storm_traced, 0 }, { "names", storm_names, 1 }, { "sockets", storm_sockets, 1 }, { "proc", storm_proc, 1 },
	{ "owners", storm_owners, 1 }, { "programs", storm_programs, 0 },
};
enum { STORMS = sizeof storms / sizeof *storms };

unsigned pick(unsigned *seed, unsigned most)
{
	*seed = *seed * 1664525 + 1013904223;
	return (unsigned)((unsigned long)(*seed >> 4) * most >> 28);
}

void pause_us(unsigned us)
{
	struct timespec t = { us / 1000000, us % 1000000 * 1000 };
	nanosleep(&t, NULL);
}

static pid_t start_self(const char *const *arguments)
{
	const char *all[32] = { self };
	for (int i = 0; arguments[i]; i++) all[i + 1] = arguments[i];
	pid_t child = (pid_t)MUST(fork());
	if (child) return child;
	execv(self, (char *const *)all);
	_exit(99);
}

int run_self(const char *const *arguments) { return reap(start_self(arguments)); }

/* -1: there is no engine. */
static int taken_slots(void)
{
	int taken = 0;
	if (syscall(CALL_VERSION) != -1 || errno == ENOSYS) return -1;
	for (unsigned long i = 0; i < SLOTS; i++) taken += *(volatile unsigned *)BUSY_WORD(i) != 0;
	return taken;
}

static int entries(const char *directory)
{
	int n = 0;
	DIR *d = opendir(directory);
	CHECK(d);
	while (readdir(d)) n++;
	closedir(d);
	return n - 2;
}

struct holdings { int slots, descriptors, threads, maps; long resident; };

static struct holdings take_stock(void)
{
	struct holdings h = { .descriptors = entries("/proc/self/fd") - 1, .threads = entries("/proc/self/task") };
	for (const char *text = get("/proc/self/maps"); (text = strchr(text, '\n')); text++) h.maps++;
	const char *line = strstr(get("/proc/self/status"), "VmRSS:");
	h.resident = line ? atol(line + 6) : 0;
	h.slots = taken_slots();
	return h;
}

/* A joined thread may still be listed for a moment. */
static void nothing_left(const char *name, unsigned seed, const struct holdings *before)
{
	struct holdings now = take_stock();
	for (int i = 0; i < 200 && (now.threads != before->threads || now.slots > 0); i++) pause_us(5000), now = take_stock();
	if (now.slots > 0 || now.descriptors != before->descriptors || now.threads != before->threads)
		fail("storm %s %u left %d slots, %d descriptors for %d, %d threads for %d", name, seed, now.slots, now.descriptors,
			before->descriptors, now.threads, before->threads);
	if (waitpid(-1, NULL, WNOHANG) != -1 || errno != ECHILD) fail("storm %s %u left a child", name, seed);
}

static int run_storm(const char *name, unsigned seed)
{
	for (int i = 0; i < STORMS; i++) {
		if (strcmp(storms[i].name, name)) continue;
		struct holdings before = take_stock();
		alarm(LONGEST);
		storms[i].run(seed);
		alarm(0);
		nothing_left(name, seed, &before);
		return 0;
	}
	fail("no storm %s", name);
}

struct worker { pid_t child; const char *name; unsigned seed; long started; };

static void begin(struct worker *worker, unsigned *seed)
{
	char number[16];
	const struct storm *storm = &storms[pick(seed, STORMS)];
	worker->name = storm->name;
	worker->seed = pick(seed, 1 << 20);
	worker->started = now_us();
	snprintf(number, sizeof number, "%u", worker->seed);
	worker->child = start_self((const char *const[]){ "storm", storm->name, number, NULL });
}

/* One storm in a process of its own has to end well, in time. */
static int ended(struct worker *worker)
{
	int status;
	pid_t r = waitpid(worker->child, &status, WNOHANG);
	if (r == 0 && now_us() - worker->started > (LONGEST + 60) * 1000000L) fail("storm %s %u hangs", worker->name, worker->seed);
	if (r != worker->child) return 0;
	if (status) fail("storm %s %u: wait status %#x", worker->name, worker->seed, status);
	return 1;
}

static void report(const char *what, long started, long storms_run, const struct holdings *h)
{
	printf("%s: %ld s, %ld storms; this process: %d slots taken, %d descriptors, %d threads, %d maps, %ld kB resident\n", what,
		(now_us() - started) / 1000000, storms_run, h->slots, h->descriptors, h->threads, h->maps, h->resident);
	fflush(stdout);
}

static long soak(long seconds, unsigned seed, int workers)
{
	struct worker all[8];
	long started = now_us(), count = 0, minute = 0;
	struct holdings before = take_stock(), now;
	report("start", started, 0, &before);
	while (now_us() - started < seconds * 1000000L) {
		for (int i = 0; i < workers; i++) begin(&all[i], &seed);
		for (int left = workers; left;) {
			for (int i = 0; i < workers; i++)
				if (all[i].child && ended(&all[i])) all[i].child = 0, left--, count++;
			pause_us(5000);
		}
		const struct storm *storm = &storms[pick(&seed, STORMS)];	/* and one here */
		unsigned own = pick(&seed, 1 << 20);
		if (storm->at_home) alarm(LONGEST), storm->run(own), alarm(0), nothing_left(storm->name, own, &before), count++;
		if ((now_us() - started) / 60000000 == minute) continue;
		minute = (now_us() - started) / 60000000;
		now = take_stock();
		report("minute", started, count, &now);
	}
	now = take_stock();
	report("end", started, count, &now);
	return count;
}

int main(int argc, char **argv)
{
	self = realpath("/proc/self/exe", NULL);
	if (argc > 2 && !strcmp(argv[1], "exit")) return atoi(argv[2]);
	if (argc > 1 && !strcmp(argv[1], "count")) return argc - 2;
	if (!exists("/work/link")) MUST(symlink("/etc/passwd", "/work/link"));
	if (argc > 3 && !strcmp(argv[1], "storm")) return run_storm(argv[2], (unsigned)atoi(argv[3]));
	if (argc < 4 || atoi(argv[3]) > 8) fail("usage: soak SECONDS SEED WORKERS");
	CHECK(soak(atol(argv[1]), (unsigned)atoi(argv[2]), atoi(argv[3])) > 0);
	return pass();
}
