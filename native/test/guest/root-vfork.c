/* A vfork child that gives up its ids changes nothing for its parent, whose memory it shares. */
// identity: root
#include "check.h"
int main(int argc, char **argv)
{
	if (argc > 1) return geteuid() == (uid_t)atoi(argv[1]) && getegid() == 9 ? 0 : 1;
	for (volatile int i = 0; i < 50; i++) {
		char wanted[16];
		snprintf(wanted, sizeof wanted, "%d", 100 + i);
		pid_t child = vfork();
		if (!child) {
			if (syscall(SYS_setresgid, 9, 9, 9) || syscall(SYS_setresuid, 100 + i, 100 + i, 100 + i)) _exit(2);
			if (syscall(SYS_geteuid) != 100 + i) _exit(3);
			execl(argv[0], argv[0], wanted, NULL);
			_exit(4);
		}
		int status = reap(child);
		if (!WIFEXITED(status) || WEXITSTATUS(status)) fail("round %d: wait status %#x", i, status);
		CHECK(geteuid() == 0 && getegid() == 0);
	}
	MUST(setuid(3));
	CHECK(getuid() == 3);
	return pass();
}
