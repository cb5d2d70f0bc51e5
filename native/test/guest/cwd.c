/* getcwd and relative names after renames, removals and inside links and binds. */
#include "check.h"
int main(void)
{
	char text[PATH_MAX];
	struct stat st;
	MUST(mkdir("/work/a", 0755)); MUST(mkdir("/work/a/b", 0755)); MUST(symlink("/work/a", "/work/l"));
	MUST(chdir("/work/l/b")); SAME("/work/a/b", getcwd(text, sizeof text));
	CHECK(syscall(SYS_getcwd, text, sizeof text) == 10); FAILS(ERANGE, syscall(SYS_getcwd, text, 9)); MUST(syscall(SYS_getcwd, text, 10));
	MUST(rename("/work/a", "/work/c"));
	SAME("/work/c/b", getcwd(text, sizeof text));
	put("x", "x");
	CHECK(exists("/work/c/b/x"));
	CHECK(exists("../b/x"));
	MUST(unlink("x")); MUST(rmdir("/work/c/b"));
	FAILS(ENOENT, syscall(SYS_getcwd, text, sizeof text));
	FAILS(ENOENT, open("x", O_CREAT | O_WRONLY, 0644));
	FAILS(ENOENT, stat("x", &st));
	MUST(stat(".", &st));
	FAILS(ENOENT, mkdir("x", 0755));
	MUST(stat("/etc/marker", &st)); MUST(mkdir("/work/c/b", 0755)); FAILS(ENOENT, open("x", O_CREAT | O_WRONLY, 0644)); MUST(chdir("/work"));
	MUST(chdir("/mnt/rw/nested/inner/.."));
	SAME("/mnt/rw/nested", getcwd(text, sizeof text));
	MUST(chdir(".."));
	SAME("/mnt/rw", getcwd(text, sizeof text));
	MUST(chdir(".."));
	SAME("/mnt", getcwd(text, sizeof text));
	MUST(chdir("/proc/self/cwd/../etc"));
	SAME("/etc", getcwd(text, sizeof text));
	MUST(chdir("/proc/self/root/work"));
	SAME("/work", getcwd(text, sizeof text));
	IN_CHILD(0, MUST(chdir("/links"))); SAME("/work", getcwd(text, sizeof text));
	MUST(mkdir("p", 0755));
	MUST(chdir("p"));
	IN_CHILD(0, { MUST(rename("/work/p", "/work/q")); SAME("/work/q", getcwd(text, sizeof text)); });
	SAME("/work/q", getcwd(text, sizeof text));
	return pass();
}
