/* A shell on a terminal: ^Z stops the job, fg continues it, ^C ends it, the session is the shell's. */
#include "check.h"
#include <sys/ioctl.h>
#include <termios.h>
int main(void)
{
	int master = (int)MUST(posix_openpt(O_RDWR | O_NOCTTY)), status;
	MUST(grantpt(master)); MUST(unlockpt(master));
	char name[64], text[64];
	strcpy(name, ptsname(master));
	pid_t leader = (pid_t)MUST(fork());
	if (!leader) {
		MUST(setsid());
		int tty = (int)MUST(open(name, O_RDWR));
		MUST(ioctl(tty, TIOCSCTTY, 0));
		signal(SIGTTOU, SIG_IGN);
		SAME(name, ttyname(tty));
		pid_t job = (pid_t)MUST(fork());
		if (!job) { setpgid(0, 0); tcsetpgrp(tty, getpid()); signal(SIGTTOU, SIG_DFL); write(tty, "r", 1); for (;;) exists("/etc/marker"); }
		setpgid(job, job);
		CHECK(waitpid(job, &status, WUNTRACED) == job && WIFSTOPPED(status) && WSTOPSIG(status) == SIGTSTP);
		MUST(kill(-job, SIGCONT));
		CHECK(waitpid(job, &status, WCONTINUED) == job && WIFCONTINUED(status));
		write(tty, "c", 1);
		CHECK(waitpid(job, &status, 0) == job && WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
		int check = open("/dev/tty", O_RDWR); if (check < 0) fail("/dev/tty");
		_exit(0);
	}
	CHECK(read(master, text, 1) == 1);
	MUST(write(master, "\032", 1));
	do CHECK(read(master, text, 1) == 1); while (text[0] != 'c');
	MUST(write(master, "\003", 1));
	CHECK(reap(leader) == 0);
	return pass();
}
