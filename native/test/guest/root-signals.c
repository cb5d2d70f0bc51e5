/* A user who is not root may signal processes of his own only: kill(2) and its relatives, to one, to a group, to all. */
// identity: root
#include "check.h"
#include <sys/prctl.h>
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#define SYS_pidfd_send_signal 424
#endif
static int ready[2];
static pid_t sleeper(uid_t uid, pid_t group, int session)
{
	pid_t child = (pid_t)MUST(fork());
	char c;
	if (child) { MUST(read(ready[0], &c, 1)); return child; }
	if (session) MUST(setsid());
	else MUST(setpgid(0, group));
	MUST(syscall(SYS_setgroups, 0, NULL)); MUST(setresgid(uid, uid, uid)); MUST(setresuid(uid, uid, uid));
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	MUST(write(ready[1], "", 1));
	for (;;) pause();
}
static int alive(pid_t pid) { int status; return waitpid(pid, &status, WNOHANG) == 0; }
static int queue(pid_t pid, int number)
{
	siginfo_t info = { 0 };
	info.si_code = SI_QUEUE; info.si_pid = getpid(); info.si_uid = getuid();
	return (int)syscall(SYS_rt_sigqueueinfo, pid, number, &info);
}
static int by_descriptor(pid_t pid, int number)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (fd < 0) return errno == ENOSYS ? (errno = EPERM, -1) : -2;
	int r = (int)syscall(SYS_pidfd_send_signal, fd, number, NULL, 0);
	close(fd);
	return r;
}
static volatile sig_atomic_t got;
static void on(int number) { got = number; }
int main(int argc, char **argv)
{
	MUST(pipe(ready));
	if (argc > 1) { /* an exec'd one */
		int fd = atoi(argv[1]);
		MUST(write(fd, "", 1));
		for (;;) pause();
	}
	signal(SIGUSR1, on); signal(SIGUSR2, on); signal(SIGTERM, on);
	pid_t mine = sleeper(700, 0, 0), roots = sleeper(0, 0, 0), others = sleeper(701, 0, 0), far = sleeper(701, 0, 1);
	pid_t in_group = sleeper(701, mine, 0), group = mine, zombie = (pid_t)MUST(fork());
	if (!zombie) _exit(0);
	siginfo_t info;
	MUST(waitid(P_PID, (id_t)zombie, &info, WEXITED | WNOWAIT));
	/* root may signal all */
	MUST(kill(others, 0)); MUST(kill(mine, 0)); MUST(kill(far, SIGCONT)); MUST(queue(others, SIGCONT));
	IN_CHILD(0, {
		MUST(setpgid(0, 0));
		MUST(setresgid(700, 700, 700)); MUST(setresuid(700, 700, 700));
		pid_t self = getpid();
		/* itself */
		MUST(kill(self, 0)); MUST(kill(self, SIGUSR1)); CHECK(got == SIGUSR1); MUST(raise(SIGUSR2)); CHECK(got == SIGUSR2);
		MUST(syscall(SYS_tgkill, self, self, SIGTERM)); CHECK(got == SIGTERM);
		got = 0; MUST(kill(0, SIGUSR1)); CHECK(got == SIGUSR1); MUST(queue(self, SIGUSR2)); CHECK(got == SIGUSR2);
		/* its like */
		MUST(kill(mine, 0)); MUST(queue(mine, SIGCONT)); CHECK(by_descriptor(mine, SIGCONT) == 0 || errno == EPERM);
		MUST(syscall(SYS_tkill, mine, 0)); MUST(syscall(SYS_tgkill, mine, mine, 0));
		/* root and others */
		FAILS(EPERM, kill(roots, 0)); FAILS(EPERM, kill(roots, SIGTERM)); FAILS(EPERM, kill(others, SIGKILL)); FAILS(EPERM, queue(others, SIGTERM));
		FAILS(EPERM, by_descriptor(others, SIGTERM)); FAILS(EPERM, syscall(SYS_tkill, others, SIGKILL)); FAILS(EPERM, syscall(SYS_tgkill, others, others, SIGKILL));
		FAILS(EPERM, kill(getppid(), 0));
		/* SIGCONT within a session */
		MUST(kill(others, SIGCONT)); MUST(kill(roots, SIGCONT)); FAILS(EPERM, kill(far, SIGCONT));
		/* wrong in other ways */
		FAILS(EINVAL, kill(others, 65)); FAILS(EINVAL, kill(others, -1)); FAILS(ESRCH, kill(4194300, 0)); FAILS(ESRCH, kill(-4194300, SIGTERM)); FAILS(ESRCH, kill(INT_MIN, SIGTERM));
		MUST(kill(zombie, 0) == 0 || errno == EPERM ? 0 : -1);
		/* groups: those that it may, and if there is nobody, EPERM */
		FAILS(EPERM, kill(-others, SIGTERM));
		MUST(kill(-group, SIGKILL));
	});
	for (int i = 0; i < 4000 && alive(mine); i++) usleep(5000);
	CHECK(!alive(mine)); CHECK(alive(in_group) && alive(roots) && alive(others) && alive(far));
	/* real, effective and saved ids */
	mine = sleeper(700, 0, 0);
	IN_CHILD(0, { MUST(setresuid(5, 700, 5)); MUST(kill(mine, 0)); FAILS(EPERM, kill(roots, 0)); });
	IN_CHILD(0, { MUST(setresuid(700, 5, 5)); MUST(kill(mine, 0)); });
	IN_CHILD(0, { MUST(setresuid(5, 5, 700)); FAILS(EPERM, kill(mine, 0)); });
	/* ids that an exec has handed on; no error in between */
	int told[2];
	MUST(pipe(told));
	for (int i = 0; i < 20; i++) {
		pid_t child = (pid_t)MUST(fork());
		if (!child) {
			char number[12];
			snprintf(number, sizeof number, "%d", told[1]);
			if (setresuid(700, 700, 700)) _exit(1);
			MUST(write(told[1], "", 1));
			execl(argv[0], argv[0], number, NULL);
			_exit(2);
		}
		IN_CHILD(0, {
			char c;
			MUST(setresuid(700, 700, 700));
			MUST(read(told[0], &c, 1));
			for (int k = 0; k < 300; k++) MUST(kill(child, 0));
			MUST(read(told[0], &c, 1));
			MUST(kill(child, 0));
		});
		IN_CHILD(0, { MUST(setresuid(701, 701, 701)); FAILS(EPERM, kill(child, 0)); });
		MUST(kill(child, SIGKILL)); reap(child);
	}
	/* all that there are; the first process of a test may not be hit, so it is another user's */
	IN_CHILD(0, { MUST(setresuid(701, 701, 701)); MUST(kill(-1, SIGKILL)); });
	for (int i = 0; i < 4000 && (alive(others) || alive(far) || alive(in_group)); i++) usleep(5000);
	CHECK(!alive(others) && !alive(far) && !alive(in_group)); CHECK(alive(mine) && alive(roots));
	kill(mine, SIGKILL); kill(roots, SIGKILL);
	return pass();
}
