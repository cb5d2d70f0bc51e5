/* Files made in a set-group-id directory get its group, directories the bit as well; others get the ids of their maker. */
// identity: root
#include "check.h"
static void is(const char *path, uid_t uid, gid_t gid)
{
	struct stat st;
	MUST(lstat(path, &st));
	if (st.st_uid != uid || st.st_gid != gid) fail("%s belongs to %d:%d, wanted %d:%d", path, st.st_uid, st.st_gid, uid, gid);
}
int main(void)
{
	struct stat st;
	umask(022);
	MUST(mkdir("d", 0777));
	MUST(chown("d", 3, 44));
	MUST(chmod("d", 02777));
	put("d/f", "x");
	is("d/f", 0, 44);
	MUST(mkdir("d/sub", 0755));
	is("d/sub", 0, 44);
	MUST(stat("d/sub", &st));
	CHECK(st.st_mode & S_ISGID);
	put("d/sub/f", "x");
	is("d/sub/f", 0, 44);
	MUST(symlink("f", "d/l"));
	is("d/l", 0, 44);
	MUST(mkfifo("d/p", 0600));
	is("d/p", 0, 44);
	MUST(mkdir("open", 0777));
	MUST(chmod("open", 0777));
	IN_CHILD(0, {
		MUST(setgid(600));
		MUST(setuid(500));
		put("open/f", "x");
		is("open/f", 500, 600);
		put("d/mine", "x");
		is("d/mine", 500, 44);
		MUST(mkdir("open/d", 0700));
		is("open/d", 500, 600);
		MUST(symlink("f", "open/l"));
		is("open/l", 500, 600);
		MUST(link("open/f", "open/h"));
		is("open/h", 500, 600);
		int fd = (int)MUST(open("open/f", O_CREAT | O_WRONLY, 0600));
		MUST(fchmod(fd, 0600));
		FAILS(EPERM, fchown(fd, 501, -1));
		MUST(fchown(fd, 500, 600));
		close(fd);
		int old = (int)MUST(open("d/f", O_RDONLY | O_CREAT, 0600));
		close(old);
		is("d/f", 0, 44);
		FAILS(EPERM, chmod("d/f", 0600));
		fd = open("open", O_TMPFILE | O_RDWR, 0600);
		if (fd >= 0) { MUST(fstat(fd, &st)); CHECK(st.st_uid == 500 && st.st_gid == 600); }
	});
	is("open/f", 500, 600);
	return pass();
}
