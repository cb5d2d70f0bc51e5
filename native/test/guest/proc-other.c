/* Another guest's /proc directory speaks of the guest's tree as well. */
#include "check.h"
int main(void)
{
	int pipes[2];
	MUST(pipe(pipes));
	MUST(mkdir("/work/there", 0755));
	pid_t child = (pid_t)MUST(fork());
	if (!child) {
		MUST(chdir("/work/there"));
		dup2(pipes[0], 0);
		close(pipes[1]);
		execl("/bin/cat", "cat", "/links/relative", "-", NULL);
		_exit(9);
	}
	char name[64];
	snprintf(name, sizeof name, "/proc/%d/cmdline", child);
	for (int i = 0; i < 200 && strcmp(get(name), "cat"); i++) usleep(10000);
	SAME("cat", get(name));
	snprintf(name, sizeof name, "/proc/%d/exe", child); SAME("/bin/cat", link_of(name));
	snprintf(name, sizeof name, "/proc/%d/cwd", child); SAME("/work/there", link_of(name));
	snprintf(name, sizeof name, "/proc/%d/root", child); SAME("/", link_of(name));
	snprintf(name, sizeof name, "/proc/%d/exe", child);
	struct stat a, b;
	MUST(stat(name, &a));
	MUST(stat("/bin/cat", &b));
	CHECK(a.st_ino == b.st_ino);
	snprintf(name, sizeof name, "/proc/%d/root/etc/marker", child); SAME("guest\n", get(name));
	snprintf(name, sizeof name, "/proc/%d/comm", child); SAME("cat\n", get(name));
	snprintf(name, sizeof name, "/proc/%d/environ", child); SAME("PATH=/bin", get(name));
	close(pipes[1]);
	CHECK(reap(child) == 0);
	return pass();
}
