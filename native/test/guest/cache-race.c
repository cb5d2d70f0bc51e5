/* Two processes at full speed on one tree: names which always exist in a real tree never seem absent or lead elsewhere. */
#include "check.h"
static void flip(void)
{
	for (int i = 0;; i++) {
		syscall(SYS_renameat2, AT_FDCWD, "/work/x/a", AT_FDCWD, "/work/x/b", 2);
		symlink(i % 2 ? "x/a" : "x/b", "/work/new");
		rename("/work/new", "/work/l");
		syscall(SYS_renameat2, AT_FDCWD, "/work/l1", AT_FDCWD, "/work/l2", 2);
		mkdir("/work/comes", 0755);
		put("/work/comes/f", "c");
		unlink("/work/comes/f");
		rmdir("/work/comes");
	}
}
static void holds(const char *path, const char *allowed)
{
	char text[8] = "";
	int fd = open(path, O_RDONLY);
	if (fd < 0) fail("%s seems absent", path);
	if (read(fd, text, 7) != 1 || !strchr(allowed, text[0])) fail("%s holds %s, allowed is one of %s", path, text, allowed);
	close(fd);
}
int main(void)
{
	struct stat st;
	MUST(mkdir("x", 0755));
	MUST(mkdir("x/a", 0755));
	MUST(mkdir("x/b", 0755));
	put("x/a/f", "a");
	put("x/b/f", "b");
	MUST(symlink("x/a", "l"));
	MUST(symlink("/work/x/a", "l1"));
	MUST(symlink("/work/x/b", "l2"));
	pid_t child = (pid_t)MUST(fork());
	if (!child) flip();
	for (long end = now_us() + 1500000; now_us() < end;) {
		holds("/work/x/a/f", "ab");
		holds("/work/l/f", "ab");
		holds("l1/f", "ab");
		holds("/work/l2/../b/f", "ab");
		if (stat("/work/comes/f", &st) && errno != ENOENT) fail("errno of a file that comes and goes");
		if (stat("/work/x/c/f", &st) != -1 || errno != ENOENT) fail("a file that never is");
	}
	MUST(kill(child, SIGKILL));
	reap(child);
	/* at rest again: both names lead where they lead now */
	char a = get("/work/x/a/f")[0], b = get("/work/x/b/f")[0];
	CHECK(a != b && (a == 'a' || a == 'b'));
	char target[32];
	strcpy(target, link_of("/work/l"));
	CHECK(get("/work/l/f")[0] == (strstr(target, "/a") ? a : b));
	return pass();
}
