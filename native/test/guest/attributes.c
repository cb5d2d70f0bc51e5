/* chmod, utimensat, truncate, extended attributes and statfs act on the guest's file, on or behind the link as asked. */
#include "check.h"
#include <sys/statfs.h>
#include <sys/xattr.h>
int main(void)
{
	struct stat st;
	char text[256];
	struct timespec when[2] = { { 1000, 5 }, { 2000, 7 } };
	put("f", "12345"); MUST(symlink("/work/f", "l"));
	MUST(chmod("l", 0604));
	MUST(stat("f", &st));
	CHECK((st.st_mode & 07777) == 0604);
	MUST(fchmodat(AT_FDCWD, "/work/l", 0600, 0));
	MUST(truncate("l", 3));
	MUST(stat("f", &st));
	CHECK(st.st_size == 3 && (st.st_mode & 0777) == 0600);
	MUST(utimensat(AT_FDCWD, "l", when, 0));
	MUST(stat("f", &st));
	CHECK(st.st_atime == 1000 && st.st_mtim.tv_sec == 2000 && st.st_mtim.tv_nsec == 7);
	when[1].tv_sec = 3000;
	MUST(utimensat(AT_FDCWD, "l", when, AT_SYMLINK_NOFOLLOW));
	MUST(lstat("l", &st));
	CHECK(st.st_mtim.tv_sec == 3000);
	MUST(stat("f", &st));
	CHECK(st.st_mtim.tv_sec == 2000);
	struct timeval tv[2] = { { 5, 0 }, { 6, 0 } };
	MUST(utimes("l", tv));
	MUST(stat("f", &st));
	CHECK(st.st_mtim.tv_sec == 6);
	int fd = (int)MUST(open("f", O_RDWR));
	MUST(futimens(fd, when));
	MUST(fstat(fd, &st));
	CHECK(st.st_mtim.tv_sec == 3000);
	FAILS(ENOENT, chmod("absent", 0600));
	FAILS(ENOENT, truncate("absent", 0));
	FAILS(ENOENT, utimensat(AT_FDCWD, "absent", when, 0));
	FAILS(EISDIR, truncate(".", 0));
	FAILS(EINVAL, truncate("f", -1));
	if (setxattr("l", "user.mark", "value", 5, 0) == 0) {
		CHECK(getxattr("f", "user.mark", text, sizeof text) == 5 && !memcmp(text, "value", 5));
		FAILS(ENODATA, lgetxattr("l", "user.mark", text, sizeof text));
		CHECK(listxattr("l", text, sizeof text) >= 10);
		CHECK(fgetxattr(fd, "user.mark", text, sizeof text) == 5);
		MUST(removexattr("l", "user.mark"));
		FAILS(ENODATA, getxattr("f", "user.mark", text, sizeof text));
		FAILS(EPERM, geteuid() ? lsetxattr("l", "user.x", "y", 1, 0) : (errno = EPERM, -1));
		FAILS(ENOENT, setxattr("absent", "user.x", "y", 1, 0));
	} else CHECK(errno == EOPNOTSUPP);
	struct statfs a, b;
	MUST(statfs("/work/l", &a));
	MUST(fstatfs(fd, &b));
	CHECK(a.f_type == b.f_type);
	MUST(statfs("/proc", &a));
	CHECK(a.f_type == 0x9fa0);
	FAILS(ENOENT, statfs("/absent", &a));
	return pass();
}
