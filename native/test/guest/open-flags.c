/* O_CREAT, O_EXCL, O_NOFOLLOW, O_DIRECTORY, O_PATH, O_TMPFILE and dangling links. */
#include "check.h"
int main(void)
{
	struct stat st;
	char text[256];
	MUST(symlink("/work/target", "dangling"));
	FAILS(ENOENT, open("dangling", O_RDONLY));
	FAILS(EEXIST, open("dangling", O_CREAT | O_EXCL | O_WRONLY, 0644));
	FAILS(ELOOP, open("dangling", O_CREAT | O_NOFOLLOW | O_WRONLY, 0644));
	CHECK(!exists("/work/target"));
	int fd = (int)MUST(open("dangling", O_CREAT | O_WRONLY, 0640));
	close(fd);
	MUST(lstat("/work/target", &st)); CHECK(S_ISREG(st.st_mode) && (st.st_mode & 0777) == 0640);
	MUST(symlink("dangling2", "dangling3")); MUST(symlink("/links/../work/far", "dangling2"));
	close((int)MUST(open("dangling3", O_CREAT | O_WRONLY, 0600))); CHECK(exists("/work/far"));
	MUST(symlink("/absent/x", "nowhere")); FAILS(ENOENT, open("nowhere", O_CREAT | O_WRONLY, 0600));
	MUST(symlink("/work/dirslash/", "ds")); FAILS(EISDIR, open("ds", O_CREAT | O_WRONLY, 0600));
	FAILS(EISDIR, open("/work", O_WRONLY)); FAILS(EISDIR, open("/work/new/", O_CREAT | O_WRONLY, 0600));
	FAILS(ENOTDIR, open("/work/far", O_RDONLY | O_DIRECTORY)); FAILS(ENOTDIR, open("/work/far/", O_RDONLY));
	FAILS(ELOOP, open("dangling", O_RDONLY | O_NOFOLLOW)); FAILS(ENOTDIR, open("/links/dir", O_RDONLY | O_NOFOLLOW | O_DIRECTORY));
	fd = (int)MUST(open("/links/dir/marker", O_RDONLY | O_NOFOLLOW)); close(fd);
	fd = (int)MUST(open("/links/absolute", O_PATH | O_NOFOLLOW));
	MUST(fstat(fd, &st)); CHECK(S_ISLNK(st.st_mode));
	CHECK(readlinkat(fd, "", text, sizeof text) == 11 && !memcmp(text, "/etc/marker", 11));
	FAILS(EBADF, read(fd, text, 1)); close(fd);
	fd = (int)MUST(open("/links/absolute", O_PATH)); MUST(fstat(fd, &st)); CHECK(S_ISREG(st.st_mode));
	MUST(fstatat(fd, "", &st, AT_EMPTY_PATH)); CHECK(st.st_size == 6);
	snprintf(text, sizeof text, "/proc/self/fd/%d", fd); SAME("guest\n", get(text)); close(fd);
	fd = open("/work", O_TMPFILE | O_RDWR, 0644);
	if (fd >= 0) {
		MUST(write(fd, "tmp", 3));
		snprintf(text, sizeof text, "/proc/self/fd/%d", fd);
		MUST(linkat(AT_FDCWD, text, AT_FDCWD, "/work/linked", AT_SYMLINK_FOLLOW));
		SAME("tmp", get("/work/linked")); close(fd);
	} else CHECK(errno == EOPNOTSUPP);
	umask(077); close((int)MUST(creat("masked", 0666))); MUST(stat("masked", &st)); CHECK((st.st_mode & 0777) == 0600);
	int d = (int)MUST(open("/links/dir", O_PATH)); MUST(fstatat(d, "marker", &st, 0)); fd = (int)MUST(openat(d, "marker", O_RDONLY));
	MUST(chmod("masked", 0)); FAILS(EACCES, geteuid() ? open("masked", O_RDONLY) : (errno = EACCES, -1));
	return pass();
}
