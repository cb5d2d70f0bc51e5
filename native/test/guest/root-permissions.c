/* Who gave up root's ids is kept out of what owners and modes forbid: reading, writing, making, removing, moving,
 * searching, running, by every kind of path; and let in where they allow it. */
// identity: root
// owners: yes
#include "check.h"
#include <grp.h>
#include <sys/xattr.h>
#include <utime.h>
static void make(const char *path, int uid, int gid, int mode) { put(path, "text\n"); MUST(chown(path, (uid_t)uid, (gid_t)gid)); MUST(chmod(path, (mode_t)mode)); }
static void directory(const char *path, int uid, int gid, int mode) { MUST(mkdir(path, 0755)); MUST(chown(path, (uid_t)uid, (gid_t)gid)); MUST(chmod(path, (mode_t)mode)); }
static void become(uid_t uid, gid_t gid, int count, const gid_t *groups) { MUST(setgroups((size_t)count, groups)); MUST(setgid(gid)); MUST(setuid(uid)); }
static long touch(const char *path) { struct utimbuf times = { 1, 1 }; return utime(path, &times); }

static void stranger(void)
{
	struct stat st;
	char *const none[] = { NULL };
	become(2000, 2000, 0, NULL);
	CHECK(open("/work/open", O_RDONLY) >= 0);
	FAILS(EACCES, open("/work/open", O_WRONLY)); FAILS(EACCES, open("/work/open", O_RDWR | O_CREAT, 0644)); FAILS(EACCES, open("open", O_RDONLY | O_TRUNC));
	FAILS(EACCES, open("/work/secret", O_RDONLY)); FAILS(EACCES, open("secret", O_RDONLY)); FAILS(EACCES, open("./../work/secret", O_RDONLY)); FAILS(EACCES, open("/work/to-secret", O_RDONLY));
	FAILS(EEXIST, open("/work/secret", O_RDWR | O_CREAT | O_EXCL, 0644));
	CHECK(open("/work/secret", O_PATH) >= 0 && stat("/work/secret", &st) == 0);
	FAILS(EACCES, access("/work/secret", R_OK)); FAILS(EACCES, access("/work/open", W_OK)); CHECK(access("/work/open", R_OK) == 0);
	FAILS(EACCES, truncate("/work/open", 0)); FAILS(EPERM, chmod("/work/open", 0777)); FAILS(EPERM, chown("/work/open", 2000, 2000));
	FAILS(EPERM, touch("/work/open")); FAILS(EACCES, utime("/work/open", NULL));
	FAILS(EACCES, setxattr("/work/open", "user.x", "", 0, 0));
	/* names */
	FAILS(EACCES, open("/work/new", O_WRONLY | O_CREAT, 0644)); FAILS(EACCES, mkdir("/work/new", 0755)); FAILS(EACCES, mkdir("new", 0755)); FAILS(EEXIST, mkdir("/work/open", 0755));
	FAILS(EACCES, symlink("x", "/work/new")); FAILS(EACCES, mkfifo("/work/new", 0644)); FAILS(EACCES, link("/work/own", "/work/new"));
	FAILS(EACCES, unlink("/work/open")); FAILS(ENOENT, unlink("/work/absent")); FAILS(EACCES, rename("/work/open", "/work/closed")); FAILS(EACCES, rename("/work/open", "/work/all/open"));
	FAILS(EACCES, open("/work", O_TMPFILE | O_RDWR, 0600)); FAILS(EISDIR, open("/work", O_RDWR));
	/* ways */
	FAILS(EACCES, stat("/work/closed/file", &st)); FAILS(EACCES, stat("/work/closed/absent", &st)); FAILS(EACCES, stat("/work/closed/../open", &st)); FAILS(EACCES, lstat("/work/closed/.", &st));
	CHECK(stat("/work/closed", &st) == 0); FAILS(EACCES, chdir("/work/closed")); FAILS(EACCES, stat("/work/into-closed", &st)); CHECK(lstat("/work/into-closed", &st) == 0);
	CHECK(stat("/work/blind/file", &st) == 0); FAILS(EACCES, open("/work/blind", O_RDONLY | O_DIRECTORY)); CHECK(open("/work/blind/file", O_RDONLY) >= 0);
	FAILS(ENOTDIR, stat("/work/open/x", &st)); FAILS(ENOENT, stat("/work/absent/x", &st));
	FAILS(EACCES, fstatat(open("/work/closed", O_PATH), "file", &st, 0));
	/* programs */
	FAILS(EACCES, execv("/work/secret", none)); FAILS(EACCES, execv("/work/closed/file", none)); FAILS(EACCES, execv("/work/program", none)); FAILS(ENOEXEC, execv("/work/free-program", none));
	/* where all may write, but remove only their own */
	put("/work/all/mine", "mine\n");
	FAILS(EPERM, unlink("/work/all/roots")); FAILS(EPERM, rename("/work/all/roots", "/work/all/x")); FAILS(EPERM, rename("/work/all/mine", "/work/all/roots"));
	MUST(rename("/work/all/mine", "/work/all/still-mine")); MUST(unlink("/work/all/still-mine"));
	MUST(mkdir("/work/all/dir", 0700)); put("/work/all/dir/file", "x"); MUST(unlink("/work/all/dir/file")); MUST(rmdir("/work/all/dir"));
	/* its own */
	CHECK(open("/work/own", O_RDWR) >= 0); MUST(chmod("/work/own", 0)); FAILS(EACCES, open("/work/own", O_RDONLY)); MUST(chmod("/work/own", 0400)); CHECK(open("/work/own", O_RDONLY) >= 0); FAILS(EACCES, open("/work/own", O_WRONLY));
	MUST(touch("/work/own"));
	FAILS(EACCES, open("/work/group", O_RDONLY));
	/* what is the kernel's stays so */
	CHECK(open("/proc/self/status", O_RDONLY) >= 0 && open("/dev/null", O_RDWR) >= 0);
	CHECK(get("/mnt/rw/marker")[0] == 'r');
}
static int turns[2][2];
static void next_turn(void) { char c; MUST(write(turns[0][1], "", 1)); MUST(read(turns[1][0], &c, 1)); }
static void member(void)
{
	const gid_t groups[] = { 7, 300, 9 };
	become(2001, 2001, 3, groups);
	CHECK(open("/work/group", O_RDONLY) >= 0); FAILS(EACCES, open("/work/group", O_WRONLY)); FAILS(EACCES, open("/work/secret", O_RDONLY));
	/* a way that closes and opens */
	struct stat st;
	CHECK(stat("/work/changing/a/file", &st) == 0);
	next_turn();
	FAILS(EACCES, stat("/work/changing/a/file", &st));
	next_turn();
	CHECK(stat("/work/changing/a/file", &st) == 0);
	next_turn();
	FAILS(EACCES, stat("/work/changing/a/file", &st));
}
int main(void)
{
	umask(022);
	MUST(chown("/work", 0, 0));	/* as it is begun with */
	make("open", 0, 0, 0644); make("secret", 0, 0, 0600); make("group", 0, 300, 0640); make("own", 2000, 0, 0644); make("program", 0, 0, 0744); make("free-program", 0, 0, 0711);
	make("free-program", 0, 0, 0755);
	directory("closed", 0, 0, 0700); make("closed/file", 0, 0, 0777); directory("blind", 0, 0, 0711); make("blind/file", 0, 0, 0644);
	directory("all", 0, 0, 01777); make("all/roots", 0, 0, 0666);
	directory("changing", 0, 0, 0755); directory("changing/a", 0, 0, 0755); make("changing/a/file", 0, 0, 0644);
	MUST(symlink("secret", "to-secret")); MUST(symlink("/work/closed/file", "into-closed"));
	IN_CHILD(0, stranger());
	MUST(pipe(turns[0])); MUST(pipe(turns[1]));
	pid_t child = (pid_t)MUST(fork());
	if (!child) { member(); _exit(0); }
	close(turns[0][1]);
	for (int i = 0; i < 3; i++) {
		char c;
		if (read(turns[0][0], &c, 1) != 1) break;
		if (i == 0) MUST(chmod("changing/a", 0700));
		if (i == 1) MUST(chown("changing/a", 2001, 0));
		if (i == 2) { MUST(rename("changing/a", "changing/b")); directory("changing/a", 0, 0, 0700); make("changing/a/file", 0, 0, 0644); }
		MUST(write(turns[1][1], "", 1));
	}
	int status = reap(child);
	if (status) fail("the member ended with %#x", status);
	/* root, and who keeps the capability, may do it all */
	CHECK(open("/work/closed/file", O_RDWR) >= 0 && open("/work/secret", O_RDWR) >= 0);
	MUST(unlink("/work/all/roots"));
	MUST(seteuid(2000)); FAILS(EACCES, open("/work/secret", O_RDONLY)); MUST(seteuid(0)); CHECK(open("/work/secret", O_RDONLY) >= 0);
	return pass();
}
