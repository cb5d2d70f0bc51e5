/* A program closes itself in with Landlock: what it allows below "/" goes for the mounts there too, what it does not is
 * refused, for the programs that it starts as well, and calls go on as before. */
// variants: static dynamic
#include "check.h"
#include <linux/landlock.h>
#include <sys/prctl.h>
static const unsigned long read_rights = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
static void allow(int set, const char *path, unsigned long rights)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = rights, .parent_fd = (int)MUST(open(path, O_PATH | O_CLOEXEC)) };
	MUST(syscall(SYS_landlock_add_rule, set, LANDLOCK_RULE_PATH_BENEATH, &rule, 0));
	close(rule.parent_fd);
}
static void closed_in(void)
{
	for (int i = 0; i < 20; i++) {
		SAME("guest\n", get("/etc/marker"));
		CHECK(strstr(get("/proc/self/status"), "Name:"));
		CHECK(strstr(get("/proc/self/maps"), "[stack]"));
		SAME("rw\n", get("/mnt/rw/marker"));
		SAME("nested\n", get("/mnt/rw/nested/marker"));
		put("file", "text");
		put("/mnt/file", "file\n");
		FAILS(EACCES, open("/etc/marker", O_WRONLY));
		FAILS(EACCES, open("/etc/absent", O_CREAT | O_WRONLY, 0600));
		FAILS(EACCES, mkdir("/made", 0700));
		FAILS(EACCES, open("/mnt/rw/other", O_CREAT | O_WRONLY, 0600));
		FAILS(EACCES, unlink("/mnt/rw/marker"));
		MUST(rename("file", "/work/other"));
		MUST(unlink("/work/other"));
		FAILS(EACCES, rmdir("kept"));
	}
}
int main(int argc, char **argv)
{
	int status;
	if (argc > 1) { closed_in(); return 0; }
	if (syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) < 1) skip("this kernel has no Landlock, or it is switched off");
	MUST(mkdir("kept", 0755));
	struct landlock_ruleset_attr attr = { .handled_access_fs = LANDLOCK_ACCESS_FS_MAKE_SYM * 2 - 1 };
	int set = (int)MUST(syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0));
	allow(set, "/", read_rights);
	allow(set, "/mnt/file", LANDLOCK_ACCESS_FS_WRITE_FILE);
	allow(set, "/work", attr.handled_access_fs & ~(unsigned long)LANDLOCK_ACCESS_FS_REMOVE_DIR);
	MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	FAILS(EBADF, syscall(SYS_landlock_restrict_self, -1, 0));
	MUST(syscall(SYS_landlock_restrict_self, set, 0));
	close(set);
	closed_in();
	pid_t child = (pid_t)MUST(fork());
	if (child == 0) {
		execl("/proc/self/exe", argv[0], "child", (char *)NULL);
		_exit(9);
	}
	MUST(waitpid(child, &status, 0));
	CHECK(status == 0);
	return pass();
}
