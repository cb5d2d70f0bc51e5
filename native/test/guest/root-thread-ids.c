/* Ids are a thread's own: raw calls change those of the thread alone, new threads, forks, vfork children and execs take
 * them over from the thread that makes them; the C library's calls change all threads. */
// identity: root
#include "check.h"
#include <grp.h>
#include <sys/fsuid.h>
#define THREADS 24
static pthread_barrier_t all;
static uid_t raw_uid(void) { return (uid_t)syscall(SYS_geteuid); }
static void *in_new_thread(void *uid) { CHECK(raw_uid() == (uid_t)(long)uid); return NULL; }
static char *self_path;
static void *worker(void *number)
{
	uid_t uid = 1000 + (uid_t)(long)number;
	gid_t groups[4], own[2] = { uid, uid + 1 };
	char text[16];
	pthread_t thread;
	pthread_barrier_wait(&all);
	CHECK(raw_uid() == 0);
	for (int i = 0; i < 30; i++) {
		MUST(syscall(SYS_setgroups, 2, own));
		MUST(syscall(SYS_setresgid, -1, uid, -1));
		MUST(syscall(SYS_setresuid, -1, uid, -1));
		CHECK(raw_uid() == uid && syscall(SYS_getegid) == uid && syscall(SYS_getuid) == 0);
		if (i % 3 == 0) sched_yield();
		CHECK(syscall(SYS_getgroups, 4, groups) == 2 && groups[0] == uid && groups[1] == uid + 1);
		MUST(syscall(SYS_setresuid, -1, 0, -1)); MUST(syscall(SYS_setresgid, -1, 0, -1));
		CHECK(raw_uid() == 0);
	}
	/* files */
	snprintf(text, sizeof text, "/work/f%d", (int)uid);
	setfsuid(uid);
	CHECK(setfsuid(-1) == (int)uid && raw_uid() == 0);
	MUST(open(text, O_CREAT | O_WRONLY, 0600) >= 0 ? 0 : -1);
	struct stat st;
	MUST(stat(text, &st)); CHECK(st.st_uid == uid);
	/* who is made by it */
	MUST(syscall(SYS_setresuid, uid, uid, 0));
	pthread_barrier_wait(&all);
	CHECK(!pthread_create(&thread, NULL, in_new_thread, (void *)(long)uid)); pthread_join(thread, NULL);
	IN_CHILD(0, { if (raw_uid() != uid) _exit(1); MUST(syscall(SYS_setresuid, -1, 0, -1)); MUST(syscall(SYS_setresuid, 5, 5, 5)); if (raw_uid() != 5) _exit(2); if (fork() == 0) _exit(raw_uid() == 5 ? 0 : 3); int s; wait(&s); _exit(s ? 4 : 0); });
	pid_t child = vfork();
	if (!child) {
		if (raw_uid() != uid) _exit(5);
		if (syscall(SYS_setresuid, -1, 0, -1) || syscall(SYS_setresuid, 77, 77, 77)) _exit(6);
		if (raw_uid() != 77) _exit(7);
		execl(self_path, self_path, "77", NULL);
		_exit(8);
	}
	int status = reap(child);
	if (status) fail("vfork child of %d: %#x", (int)uid, status);
	CHECK(raw_uid() == uid);
	snprintf(text, sizeof text, "%d", (int)uid);
	child = (pid_t)MUST(fork());
	if (!child) { execl(self_path, self_path, text, NULL); _exit(8); } /* its saved id becomes the effective one */
	status = reap(child);
	if (status) fail("exec in a fork of %d: %#x", (int)uid, status);
	pthread_barrier_wait(&all);
	/* the main thread calls the C library */
	pthread_barrier_wait(&all);
	CHECK(raw_uid() == 4444 && syscall(SYS_getuid) == 4444);
	pthread_barrier_wait(&all);
	return NULL;
}
static void *exec_here(void *data) { MUST(syscall(SYS_setresuid, 88, 88, 88)); execl(self_path, self_path, "88", NULL); _exit(9); }
static int run_other_thread_exec(void)
{
	pthread_t thread;
	CHECK(!pthread_create(&thread, NULL, exec_here, NULL));
	for (;;) pause();
}
int main(int argc, char **argv)
{
	pthread_t threads[THREADS];
	self_path = argv[0];
	if (argc > 1 && !strcmp(argv[1], "exec")) return run_other_thread_exec();
	if (argc > 1) { uid_t r, e, s; return getresuid(&r, &e, &s) || r != (uid_t)atoi(argv[1]) || e != r || s != e || (unsigned)syscall(SYS_personality, 0xffffffff) & 0xffffff00; }
	umask(0); MUST(chmod("/work", 0777));
	CHECK(!pthread_barrier_init(&all, NULL, THREADS + 1));
	for (long i = 0; i < THREADS; i++) CHECK(!pthread_create(&threads[i], NULL, worker, (void *)i));
	pthread_barrier_wait(&all);
	pthread_barrier_wait(&all);
	for (int i = 0; i < 200; i++) CHECK(raw_uid() == 0 && getuid() == 0);
	CHECK(syscall(SYS_personality, 0xffffffff) == 0);
	pthread_barrier_wait(&all);
	IN_CHILD(0, { if (raw_uid()) _exit(1); });
	MUST(setresuid(0, 0, 0));	/* all threads: some have their ids, which lets them be root's again by the saved one */
	MUST(setresuid(4444, 4444, 0)); CHECK(raw_uid() == 4444);
	pthread_barrier_wait(&all);
	pthread_barrier_wait(&all);
	for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
	CHECK(raw_uid() == 4444); CHECK(strstr(get("/proc/self/status"), "Uid:\t4444\t4444\t0\t4444"));
	MUST(seteuid(0));
	pid_t child = (pid_t)MUST(fork());
	if (!child) { execl(self_path, self_path, "exec", NULL); _exit(9); }
	int status = reap(child);
	if (status) fail("an exec by another thread: %#x", status);
	return pass();
}
