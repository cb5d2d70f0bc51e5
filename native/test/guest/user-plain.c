/* An arbitrary user without emulated root: the ids asked for are seen, own files are theirs, nothing can be given away. */
// identity: 1234:5678:5678,9
// plan: root-emulation off
#include "check.h"
#include <grp.h>
int main(int argc, char **argv)
{
	gid_t groups[8];
	struct stat st;
	CHECK(getuid() == 1234 && geteuid() == 1234 && getgid() == 5678 && getegid() == 5678);
	CHECK(getgroups(8, groups) == 2 && groups[0] == 9 && groups[1] == 5678);
	if (argc > 1) return 0;
	put("f", "x");
	MUST(stat("f", &st));
	CHECK(st.st_uid == 1234 && st.st_gid == 5678);
	MUST(chmod("f", 0600));
	MUST(stat("f", &st));
	CHECK((st.st_mode & 07777) == 0600);
	FAILS(EPERM, setuid(0));
	FAILS(EPERM, setgroups(0, NULL));
	FAILS(EPERM, chown("f", 0, 0));
	MUST(chown("f", 1234, 5678));
	FAILS(EPERM, mknod("b", S_IFBLK | 0600, 0x801));
	FAILS(EPERM, chroot("/"));
	CHECK(strstr(get("/proc/self/status"), "Uid:\t1234\t1234\t1234\t1234\nGid:\t5678\t5678\t5678\t5678\n"));
	IN_CHILD(0, execl(argv[0], argv[0], "again", NULL));
	return pass();
}
