/* posix_spawn, popen, system and vfork, thousands of times with failures among them: nothing runs out. */
#include "check.h"
#include <spawn.h>
extern char **environ;
int main(void)
{
	char *const argv[] = { "true", NULL }, *const no[] = { "false", NULL };	/* busybox goes by its name */
	pid_t child;
	for (int i = 0; i < 150; i++) {
		CHECK(posix_spawn(&child, "/bin/true", NULL, NULL, argv, environ) == 0);
		CHECK(reap(child) == 0);
		CHECK(posix_spawnp(&child, "true", NULL, NULL, argv, environ) == 0);
		CHECK(reap(child) == 0);
		CHECK(posix_spawn(&child, "/bin/absent", NULL, NULL, argv, environ) == ENOENT);
	}
	for (int i = 0; i < 3000; i++) {
		child = vfork();
		if (!child) { execv("/work/absent", argv); _exit(errno == ENOENT ? 4 : 5); }
		CHECK(WEXITSTATUS(reap(child)) == 4);
	}
	for (int i = 0; i < 100; i++) {
		child = vfork();
		if (!child) { execv("/bin/false", no); _exit(5); }
		CHECK(WEXITSTATUS(reap(child)) == 1);
		CHECK(exists("/etc/marker"));
	}
	FILE *p = popen("cat /etc/marker", "r");
	char line[64];
	CHECK(p && fgets(line, sizeof line, p));
	SAME("guest\n", line);
	CHECK(pclose(p) == 0);
	CHECK(WEXITSTATUS(system("exit 7")) == 7);
	return pass();
}
