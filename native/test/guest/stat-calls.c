/* stat, lstat, fstat, fstatat, statx and access agree about one file, by every way of naming it. */
#include "check.h"
#include <linux/stat.h>
int main(void)
{
	struct stat a, b;
	struct { uint32_t mask, blksize; uint64_t attributes; uint32_t nlink, uid, gid; uint16_t mode, pad; uint64_t ino, size; char more[256]; } x;
	put("f", "12345"); MUST(chmod("f", 0640)); MUST(symlink("f", "l"));
	MUST(stat("f", &a)); MUST(lstat("/work/f", &b)); CHECK(!memcmp(&a, &b, sizeof a)); MUST(stat("l", &b)); CHECK(!memcmp(&a, &b, sizeof a));
	int fd = (int)MUST(open("l", O_RDONLY)), d = (int)MUST(open(".", O_PATH));
	MUST(fstat(fd, &b));
	CHECK(!memcmp(&a, &b, sizeof a));
	MUST(fstatat(d, "l", &b, 0));
	CHECK(!memcmp(&a, &b, sizeof a));
	MUST(fstatat(fd, "", &b, AT_EMPTY_PATH));
	CHECK(!memcmp(&a, &b, sizeof a));
	MUST(fstatat(AT_FDCWD, "", &b, AT_EMPTY_PATH));
	CHECK(S_ISDIR(b.st_mode));
	FAILS(ENOENT, fstatat(fd, "", &b, 0));
	MUST(fstatat(d, "l", &b, AT_SYMLINK_NOFOLLOW)); CHECK(S_ISLNK(b.st_mode) && b.st_size == 1);
	MUST(syscall(SYS_statx, d, "l", 0, 0x7ff, &x));
	CHECK(x.ino == a.st_ino && x.size == 5 && x.uid == a.st_uid && x.mode == a.st_mode);
	MUST(syscall(SYS_statx, fd, "", AT_EMPTY_PATH, 0x7ff, &x));
	CHECK(x.ino == a.st_ino);
	MUST(syscall(SYS_statx, AT_FDCWD, "/work/l", AT_SYMLINK_NOFOLLOW, 0x7ff, &x));
	CHECK(x.ino != a.st_ino && (x.mode & S_IFMT) == S_IFLNK);
	FAILS(EINVAL, syscall(SYS_statx, AT_FDCWD, "f", 0x6000 | 0x80000, 0x7ff, &x));
	MUST(access("l", R_OK | W_OK));
	if (geteuid()) FAILS(EACCES, access("f", X_OK));
	FAILS(EINVAL, access("f", 77));
	MUST(faccessat(d, "f", R_OK, 0));
	MUST(faccessat(d, "l", F_OK, AT_SYMLINK_NOFOLLOW));
	long r = syscall(439, d, "f", R_OK, AT_EACCESS);
	CHECK(r == 0 || errno == ENOSYS);
	r = syscall(439, fd, "", R_OK, AT_EMPTY_PATH);
	CHECK(r == 0 || errno == ENOSYS);
	CHECK(a.st_uid == geteuid());
	return pass();
}
