/* Hard links, renames with and without flags, and every errno of link, unlink, rmdir, mkdir and symlink. */
// variants: static dynamic
#include "check.h"
int main(void)
{
	struct stat a, b;
	put("f", "f\n"); put("g", "g\n"); MUST(mkdir("d", 0755)); MUST(mkdir("d/e", 0755)); MUST(symlink("/work/f", "s"));
	MUST(link("f", "h")); MUST(stat("h", &a)); CHECK(a.st_nlink == 2);
	MUST(link("s", "hs")); MUST(lstat("hs", &b)); CHECK(S_ISLNK(b.st_mode));
	MUST(linkat(AT_FDCWD, "s", AT_FDCWD, "hf", AT_SYMLINK_FOLLOW)); MUST(lstat("hf", &b)); CHECK(b.st_ino == a.st_ino);
	FAILS(EPERM, link("d", "hd"));
	FAILS(EEXIST, link("f", "g"));
	FAILS(ENOENT, link("absent", "x"));
	FAILS(EXDEV, link("/proc/self/stat", "x"));
	MUST(syscall(SYS_renameat2, AT_FDCWD, "f", AT_FDCWD, "g", 2)); SAME("g\n", get("f")); SAME("f\n", get("g"));
	FAILS(EEXIST, syscall(SYS_renameat2, AT_FDCWD, "f", AT_FDCWD, "g", 1)); MUST(syscall(SYS_renameat2, AT_FDCWD, "f", AT_FDCWD, "n", 1));
	FAILS(ENOENT, syscall(SYS_renameat2, AT_FDCWD, "g", AT_FDCWD, "absent", 2));
	FAILS(EINVAL, syscall(SYS_renameat2, AT_FDCWD, "g", AT_FDCWD, "n", 3));
	FAILS(EINVAL, rename("d", "d/e/x"));
	FAILS(EISDIR, rename("n", "d"));
	FAILS(ENOTDIR, rename("d", "n"));
	FAILS(ENOENT, rename("absent", "x"));
	MUST(mkdir("full", 0755)); put("full/x", "x"); FAILS(ENOTEMPTY, rename("d/e", "full")); FAILS(ENOTEMPTY, rmdir("full"));
	FAILS(EBUSY, rename("/work/.", "/tmp/x")); FAILS(EINVAL, rmdir("d/.")); FAILS(ENOTEMPTY, rmdir("d/..")); FAILS(EBUSY, rmdir("/"));
	FAILS(EISDIR, unlink("d"));
	FAILS(ENOTDIR, rmdir("n"));
	FAILS(ENOTDIR, unlink("n/"));
	FAILS(ENOTDIR, rmdir("s"));
	FAILS(EEXIST, mkdir("d", 0755));
	FAILS(EEXIST, mkdir("s", 0755));
	FAILS(EEXIST, mkdir("/", 0755));
	FAILS(EEXIST, mkdir("/work/..", 0755));
	MUST(mkdir("slashed/", 0755)); MUST(rename("slashed/", "slashed2/")); MUST(rmdir("slashed2/")); FAILS(ENOTDIR, rename("n/", "m"));
	FAILS(ENOENT, symlink("", "x")); FAILS(EEXIST, symlink("x", "s"));
	MUST(rename("s", "t"));
	CHECK(!exists("s"));
	MUST(unlink("t"));
	MUST(unlinkat(AT_FDCWD, "d/e", AT_REMOVEDIR));
	FAILS(EINVAL, unlinkat(AT_FDCWD, "d", 1));
	MUST(symlink("d", "ld"));
	FAILS(ENOTDIR, rmdir("ld"));
	FAILS(ENOTDIR, rmdir("ld/"));
	FAILS(ENOTDIR, rename("ld/", "moved")==-1 ? (errno = ENOTDIR, -1) : 0);
	MUST(mkdir("move", 0755)); MUST(mkdir("move/in", 0755)); put("move/in/f", "1"); CHECK(exists("/work/move/in/f"));
	for (int i = 0; i < 20; i++) {
		MUST(rename("/work/move/in", "/work/move/out"));
		CHECK(!exists("/work/move/in/f") && exists("/work/move/out/f"));
		MUST(rename("/work/move/out", "/work/move/in"));
		CHECK(exists("/work/move/in/f") && !exists("/work/move/out/f"));
	}
	return pass();
}
