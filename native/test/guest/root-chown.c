/* Emulated root: ownership given by every member of the chown family is what every member of the stat family tells, everywhere. */
// identity: root
#include "check.h"
static void owner(const char *path, uid_t uid, gid_t gid)
{
	struct stat st;
	struct { uint32_t mask, blksize; uint64_t attributes; uint32_t nlink, uid, gid; char more[300]; } x;
	MUST(lstat(path, &st));
	if (st.st_uid != uid || st.st_gid != gid) fail("lstat of %s tells %d:%d, wanted %d:%d", path, st.st_uid, st.st_gid, uid, gid);
	MUST(syscall(SYS_statx, AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, 0x7ff, &x));
	if (x.uid != uid || x.gid != gid) fail("statx of %s tells %d:%d", path, x.uid, x.gid);
	int fd = open(path, O_PATH | O_NOFOLLOW);
	MUST(fstat(fd, &st));
	if (st.st_uid != uid || st.st_gid != gid) fail("fstat of %s tells %d:%d", path, st.st_uid, st.st_gid);
	close(fd);
}
int main(void)
{
	put("f", "x"); MUST(mkdir("d", 0755)); MUST(symlink("f", "l")); owner("f", 0, 0);
	MUST(chown("f", 1, 2));
	owner("f", 1, 2);
	MUST(chown("f", -1, 3));
	owner("f", 1, 3);
	MUST(lchown("l", 4, 5));
	owner("l", 4, 5);
	owner("f", 1, 3);
	MUST(chown("l", 6, 7));
	owner("f", 6, 7);
	int fd = (int)MUST(open("f", O_RDWR));
	MUST(fchown(fd, 8, 9));
	owner("f", 8, 9);
	MUST(fchownat(AT_FDCWD, "d", 10, 11, 0));
	owner("d", 10, 11);
	MUST(fchownat(fd, "", 12, 13, AT_EMPTY_PATH));
	owner("f", 12, 13);
	MUST(fchownat(AT_FDCWD, "/work/l", 14, 15, AT_SYMLINK_NOFOLLOW));
	owner("l", 14, 15);
	MUST(link("f", "h"));
	owner("h", 12, 13);
	MUST(rename("f", "g"));
	owner("g", 12, 13);
	owner("h", 12, 13);
	MUST(rename("d", "e"));
	owner("e", 10, 11);
	IN_CHILD(0, { owner("g", 12, 13); MUST(chown("g", 20, 21)); }); owner("g", 20, 21); owner("h", 20, 21);
	MUST(unlink("g")); owner("h", 20, 21); MUST(unlink("h")); close(fd);
	for (int i = 0; i < 50; i++) { char n[16]; snprintf(n, 16, "n%d", i); put(n, "x"); owner(n, 0, 0); MUST(chown(n, 100 + i, 200 + i)); }
	for (int i = 0; i < 50; i++) {
		char n[16];
		snprintf(n, 16, "n%d", i);
		owner(n, 100 + i, 200 + i);
		MUST(unlink(n));
		put(n, "y");
		owner(n, 0, 0);
	}
	MUST(chown("e", 65534, 65534)); MUST(chown("/work/e/../e/.", 4000000, 4000001)); owner("e", 4000000, 4000001);
	FAILS(ENOENT, chown("absent", 1, 1)); FAILS(ELOOP, chown("/links/loop", 1, 1));
	IN_CHILD(0, { MUST(setuid(1000)); FAILS(EPERM, chown("e", 1000, 1000)); });
	return pass();
}
