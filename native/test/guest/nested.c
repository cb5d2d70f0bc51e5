/* The engine started by a guest, alone or by its supervisor: the inner guest sees the inner tree, what the supervisor
 * removes is the outer guest's, and the outer one goes on. */
// native: no
// variants: static
#include "check.h"
int main(int argc, char **argv)
{
	char room[65536];
	if (argc > 1) {
		SAME("inner\n", get("/etc/marker"));
		CHECK(!exists("/tests"));
		return 0;
	}
	if (!exists("/tests/engine-itself")) skip("the engine is not one file that can be put into the tree");
	MUST(mkdir("inner", 0755));
	MUST(mkdir("inner/bin", 0755));
	MUST(mkdir("inner/etc", 0755));
	MUST(mkdir("state", 0755));
	put("inner/etc/marker", "inner\n");
	int in = (int)MUST(open(argv[0], O_RDONLY)), out = (int)MUST(open("inner/bin/me", O_CREAT | O_WRONLY, 0755));
	for (ssize_t n; (n = read(in, room, sizeof room)) > 0;) MUST(write(out, room, (size_t)n));
	close(in);
	close(out);
	char uid[16], gid[16];
	snprintf(uid, sizeof uid, "%d", getuid());
	snprintf(gid, sizeof gid, "%d", getgid());
	IN_CHILD(0, execl("/tests/engine-itself", "udocker-engine", "plan1", "root", "/work/inner", "exec", "/bin/me", "user", uid, gid, "",
		"root-emulation", "off", "state", "/work/state", "mode", "trap", "--", "/bin/me", "inner", NULL));
	CHECK(exists("/tests"));
	MUST(mkdir("gone", 0755));
	put("gone/file", "x");
	IN_CHILD(0, execl("/tests/engine-itself", "udocker-engine", "supervise1", "direct", "remove", "/work/gone", "--", "/tests/engine-itself",
		"plan1", "root", "/work/inner", "exec", "/bin/me", "user", uid, gid, "", "root-emulation", "off", "state", "/work/state",
		"mode", "trap", "--", "/bin/me", "inner", NULL));
	CHECK(!exists("gone"));
	CHECK(exists("/tests"));
	IN_CHILD(0, {
		execl("/tests/engine-itself", "udocker-engine", "supervise1", "direct", "--", argv[0], "inner", NULL);
		_exit(errno == EPERM ? 0 : 1); /* that would not be a guest */
	});
	return pass();
}
