/* What one process may do to another one goes by the guest's ids: tracing, reading memory and descriptors, limits,
 * priorities, scheduling. Not among users of different ids; among equal ones and for root as ever. */
// identity: root
// variants: static dynamic
#include "check.h"
#include <sched.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
enum { PIDFD_OPEN = 434, PIDFD_GETFD = 438, TO_PROCESS = 1, TO_GROUP = 2, TO_USER = 3, KCMP_FILE = 0 };
static int ready[2];
static char secret[8] = "secret";
static void become(uid_t uid) { MUST(syscall(SYS_setgroups, 0, NULL)); MUST(setresgid(uid, uid, uid)); MUST(setresuid(uid, uid, uid)); }
static pid_t sleeper(uid_t uid)
{
	pid_t child = (pid_t)MUST(fork());
	char c;
	if (child) { MUST(read(ready[0], &c, 1)); return child; }
	MUST(setpgid(0, 0));
	become(uid);
	MUST(setpriority(PRIO_PROCESS, 0, 3));
	MUST(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	MUST(write(ready[1], "", 1));
	for (;;) pause();
}
static long memory(pid_t pid, int write)
{
	char room[8] = "secret";
	struct iovec mine = { room, 7 }, other = { secret, 7 };
	return syscall(write ? SYS_process_vm_writev : SYS_process_vm_readv, pid, &mine, 1ul, &other, 1ul, 0ul);
}
static long descriptor(pid_t pid)
{
	int fd = (int)MUST(syscall(PIDFD_OPEN, pid, 0));
	long got = syscall(PIDFD_GETFD, fd, 1, 0);
	int saved = errno;
	close(fd);
	if (got >= 0) close((int)got);
	errno = saved;
	return got;
}
static long attach(pid_t pid, int request)
{
	long r = ptrace(request, pid, 0, 0);
	if (r < 0) return r;
	if (request == PTRACE_ATTACH) { int status; MUST(waitpid(pid, &status, __WALL)); MUST(ptrace(PTRACE_DETACH, pid, 0, 0)); }
	return 0;
}
static long robust(pid_t pid) { void *head; size_t size; return syscall(SYS_get_robust_list, pid, &head, &size); }
static long compare(pid_t a, pid_t b) { return syscall(SYS_kcmp, a, b, KCMP_FILE, 1ul, 1ul); }
static long limit(pid_t pid) { struct rlimit old; return prlimit(pid, RLIMIT_CORE, NULL, &old); }
static long affinity(pid_t pid) { cpu_set_t set; MUST(sched_getaffinity(0, sizeof set, &set)); return sched_setaffinity(pid, sizeof set, &set); }
static long batch(pid_t pid) { struct sched_param p = { 0 }; return syscall(SYS_sched_setscheduler, pid, SCHED_BATCH, &p); }
static long parameter(pid_t pid) { struct sched_param p = { 0 }; return syscall(SYS_sched_setparam, pid, &p); }
static long order(int which, int who) { return syscall(SYS_ioprio_set, which, who, 2 << 13 | 6); }
static int nice_of(pid_t pid) { errno = 0; return getpriority(PRIO_PROCESS, (id_t)pid); }
static void all(pid_t pid)
{
	MUST(memory(pid, 0)); MUST(memory(pid, 1)); MUST(robust(pid)); MUST(limit(pid)); MUST(affinity(pid)); MUST(batch(pid)); MUST(parameter(pid));
	if (descriptor(pid) < 0) CHECK(errno == ENOSYS);
	if (compare(pid, getpid()) < 0) CHECK(errno == ENOSYS || errno == EOPNOTSUPP);
	MUST(setpriority(PRIO_PROCESS, (id_t)pid, 3)); MUST(order(TO_PROCESS, pid)); MUST(attach(pid, PTRACE_ATTACH));
}
int main(void)
{
	if (nice_of(0) > 0) skip("the tests were begun with less than the usual priority, and nobody may raise it again");
	MUST(pipe(ready));
	pid_t roots = sleeper(0), mine = sleeper(700), others = sleeper(701), zombie = (pid_t)MUST(fork());
	if (!zombie) _exit(0);
	usleep(1000);
	all(roots);
	if (limit(others) == 0) { all(mine); all(others); }	/* root has what it takes in an engine, not where Docker's set is all it has */
	IN_CHILD(0, {
		pid_t parent = getppid();
		become(700);
		MUST(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
		all(mine);
		MUST(memory(getpid(), 0)); MUST(limit(getpid())); MUST(limit(0)); MUST(affinity(0)); MUST(affinity(getpid())); MUST(setpriority(PRIO_PROCESS, 0, 2)); MUST(robust(0));
		for (int i = 0; i < 3; i++) {
			pid_t pid = i == 0 ? roots : i == 1 ? others : parent;
			FAILS(EPERM, memory(pid, 0)); FAILS(EPERM, memory(pid, 1)); FAILS(EPERM, robust(pid)); FAILS(EPERM, limit(pid));
			FAILS(EPERM, affinity(pid)); FAILS(EPERM, batch(pid)); FAILS(EPERM, parameter(pid));
			FAILS(EPERM, setpriority(PRIO_PROCESS, (id_t)pid, 4)); FAILS(EPERM, order(TO_PROCESS, pid));
			FAILS(EPERM, attach(pid, PTRACE_ATTACH)); FAILS(EPERM, attach(pid, PTRACE_SEIZE));
			if (compare(mine, pid) < 0 && errno != ENOSYS && errno != EOPNOTSUPP) CHECK(errno == EPERM);
			if (descriptor(pid) < 0) CHECK(errno == ENOSYS || errno == EPERM); else fail("a descriptor of another's");
			FAILS(EPERM, setpriority(PRIO_PGRP, (id_t)getpgid(pid), 4)); FAILS(EPERM, order(TO_GROUP, getpgid(pid)));
		}
		FAILS(ESRCH, memory(4194300, 0)); FAILS(ESRCH, limit(4194300)); FAILS(ESRCH, affinity(4194300)); FAILS(ESRCH, attach(4194300, PTRACE_ATTACH));
		FAILS(ESRCH, setpriority(PRIO_PROCESS, 4194300, 4)); FAILS(ESRCH, setpriority(PRIO_PGRP, 4194300, 4));
		/* all of a group's, and all of a user's: nobody else's */
		MUST(setpriority(PRIO_PGRP, (id_t)mine, 5)); CHECK(nice_of(mine) == 5);
		MUST(setpriority(PRIO_USER, 700, 7)); CHECK(nice_of(mine) == 7 && nice_of(0) == 7);
		MUST(order(TO_USER, 700));
		CHECK(nice_of(roots) == 3 && nice_of(others) == 3);
	});
	/* the real ids count for looking, the effective ones for scheduling */
	IN_CHILD(0, { MUST(setresgid(700, 700, 700)); MUST(setresuid(700, 701, 701)); FAILS(EPERM, limit(others)); MUST(setpriority(PRIO_PROCESS, (id_t)others, 6)); FAILS(EPERM, memory(others, 0)); MUST(limit(mine)); });
	/* who has changed ids without an exec may not be looked into */
	MUST(kill(mine, SIGKILL)); reap(mine);
	pid_t changed = (pid_t)MUST(fork());
	if (!changed) { become(700); prctl(PR_SET_PDEATHSIG, SIGKILL); MUST(write(ready[1], "", 1)); for (;;) pause(); }
	char c;
	MUST(read(ready[0], &c, 1));
	IN_CHILD(0, { become(700); FAILS(EPERM, memory(changed, 0)); FAILS(EPERM, attach(changed, PTRACE_ATTACH)); MUST(limit(changed)); });
	kill(changed, SIGKILL); kill(roots, SIGKILL); kill(others, SIGKILL);
	return pass();
}
