/* Set-id bits go when somebody who is not root cuts or appends to the file, and with every change of its owner; a removed
 * file keeps its owner for those who have it open; nobody gets by descriptor where he may not search. */
// identity: root
// owners: yes
#include "check.h"
#ifndef STATX_BASIC_STATS
#include <linux/stat.h>
#define statx(...) syscall(SYS_statx, __VA_ARGS__)
#endif
#include <sys/stat.h>
static mode_t mode_of(const char *path) { struct stat st; MUST(stat(path, &st)); return st.st_mode & 07777; }
static void make(const char *path, uid_t uid, gid_t gid, mode_t mode) { put(path, "x\n"); MUST(chown(path, uid, gid)); MUST(chmod(path, mode)); }
static void become(uid_t uid) { MUST(syscall(SYS_setgroups, 0, NULL)); MUST(setresgid(uid, uid, uid)); MUST(setresuid(uid, uid, uid)); }
static void bits_of_users(void)
{
	become(2000);
	/* its own */
	MUST(close((int)MUST(open("/work/a", O_WRONLY | O_TRUNC)))); CHECK(mode_of("/work/a") == 0755);
	int fd = (int)MUST(open("b", O_WRONLY | O_APPEND)); MUST(write(fd, "y", 1)); CHECK(mode_of("/work/b") == 0755);
	MUST(truncate("/work/c", 1)); CHECK(mode_of("/work/c") == 0755);
	CHECK(open("/work/d", O_RDONLY) >= 0 && mode_of("/work/d") == 06755);
	MUST(chmod("/work/d", 04755)); CHECK(mode_of("/work/d") == 04755);
	/* another's that all may write */
	MUST(close((int)MUST(open("/work/e", O_WRONLY | O_TRUNC)))); CHECK(mode_of("/work/e") == 0777);
	MUST(close((int)MUST(open("/work/f", O_WRONLY | O_TRUNC)))); CHECK(mode_of("/work/f") == 0666);	/* another group's */
	MUST(truncate("/work/k", 0)); CHECK(mode_of("/work/k") == 02666);	/* no program */
	/* its own, given to whom it belongs already */
	MUST(chown("/work/g", -1, 2000)); CHECK(mode_of("/work/g") == 0755);
	MUST(chown("/work/h", -1, -1)); CHECK(mode_of("/work/h") == 0755);
	FAILS(EPERM, chown("/work/i", -1, -1)); CHECK(mode_of("/work/i") == 04755); MUST(chown("/work/j", -1, -1));
}
static void removed(uid_t uid)
{
	struct stat st;
	struct statx stx;
	int fd = (int)MUST(open("/work/all/temporary", O_CREAT | O_RDWR | O_EXCL, 0640));
	MUST(fstat(fd, &st)); CHECK(st.st_uid == uid);
	MUST(unlink("/work/all/temporary"));
	MUST(fstat(fd, &st)); if (st.st_uid != uid || st.st_gid != uid || st.st_nlink || (st.st_mode & 07777) != 0640) fail("a removed file is %d:%d %o, %d links", (int)st.st_uid, (int)st.st_gid, st.st_mode, (int)st.st_nlink);
	MUST(statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &stx)); CHECK(stx.stx_uid == uid);
	put("/work/all/one", "1"); put("/work/all/two", "2");
	fd = (int)MUST(open("/work/all/two", O_RDONLY));
	MUST(rename("/work/all/one", "/work/all/two"));
	MUST(fstat(fd, &st)); CHECK(st.st_uid == uid); MUST(stat("/work/all/two", &st)); CHECK(st.st_uid == uid);
	MUST(unlink("/work/all/two"));
}
int main(void)
{
	struct stat st;
	umask(0); MUST(chown("/work", 0, 0)); MUST(chmod("/work", 0755));
	MUST(mkdir("/work/all", 01777)); MUST(chmod("/work/all", 01777));
	const char *names = "abcdgh";
	for (int i = 0; names[i]; i++) { char name[] = "/work/?"; name[6] = names[i]; make(name, 2000, 2000, 06755); }
	make("/work/e", 0, 0, 06777); make("/work/f", 0, 0, 02666); make("/work/k", 0, 2000, 02666); make("/work/i", 0, 0, 04755); make("/work/j", 0, 0, 0755);
	IN_CHILD(0, bits_of_users());
	/* root */
	MUST(chmod("/work/a", 06755)); MUST(close((int)MUST(open("/work/a", O_WRONLY | O_TRUNC)))); CHECK(mode_of("/work/a") == 06755);
	MUST(truncate("/work/a", 9)); CHECK(mode_of("/work/a") == 06755);
	MUST(chown("/work/a", -1, -1)); CHECK(mode_of("/work/a") == 0755);
	MUST(chmod("/work/a", 06755)); MUST(chown("/work/a", 5, 5)); CHECK(mode_of("/work/a") == 0755);
	/* removed */
	IN_CHILD(0, { become(2001); removed(2001); });
	for (int i = 0; i < 50; i++) IN_CHILD(0, { become(3000 + i); removed(3000 + i); });
	put("/work/roots", "x"); MUST(stat("/work/roots", &st)); CHECK(st.st_uid == 0);
	/* fchdir */
	MUST(mkdir("/work/shut", 0744)); MUST(mkdir("/work/open", 0755));
	int root_fd = (int)MUST(open("/work/shut", O_PATH));
	IN_CHILD(0, {
		become(2000);
		int fd = (int)MUST(open("/work/shut", O_RDONLY | O_DIRECTORY));
		FAILS(EACCES, fchdir(fd)); FAILS(EACCES, fchdir(root_fd)); FAILS(EBADF, fchdir(-1)); FAILS(ENOTDIR, fchdir((int)MUST(open("/work/j", O_RDONLY))));
		MUST(fchdir((int)MUST(open("/work/open", O_RDONLY))));
		SAME("/work/open", getcwd((char[64]){ 0 }, 64));
	});
	MUST(fchdir(root_fd));
	return pass();
}
