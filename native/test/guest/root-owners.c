/* Owners, modes and device numbers written down when the image was extracted are told from the first run on. */
// native: no
// identity: root
// owners: yes
#include "check.h"
#include <sys/sysmacros.h>
int main(void)
{
	struct stat st;
	MUST(stat("/work/owned", &st));
	CHECK(st.st_uid == 101 && st.st_gid == 102 && (st.st_mode & 07777) == 0755);
	MUST(stat("/work/owned/file", &st));
	CHECK(st.st_uid == 12 && st.st_gid == 34 && st.st_mode == (S_IFREG | 04755));
	MUST(stat("/work/owned/device", &st));
	CHECK(st.st_mode == (S_IFCHR | 0666) && st.st_rdev == makedev(1, 5));
	MUST(lstat("/work/owned/link", &st));
	CHECK(st.st_uid == 7 && S_ISLNK(st.st_mode));
	MUST(stat("/work/owned/plain", &st));
	CHECK(st.st_uid == 0 && st.st_gid == 0);
	MUST(chown("/work/owned/file", 1, 2));
	MUST(stat("/work/owned/file", &st));
	CHECK(st.st_uid == 1 && st.st_gid == 2);
	return pass();
}
