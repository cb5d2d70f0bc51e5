/* An arbitrary user: the ids asked for are the ids seen, new files are theirs, and they are not root. */
// identity: 1234:5678:5678,9
#include "check.h"
int main(void)
{
	gid_t groups[8];
	struct stat st;
	CHECK(getuid() == 1234); CHECK(geteuid() == 1234); CHECK(getgid() == 5678); CHECK(getegid() == 5678);
	CHECK(getgroups(8, groups) == 2);
	put("f", "x"); MUST(stat("f", &st)); CHECK(st.st_uid == 1234); CHECK(st.st_gid == 5678);
	FAILS(EPERM, setuid(0));
	FAILS(EPERM, setgid(0));
	MUST(setuid(1234));
	FAILS(EPERM, chown("f", 0, 0));
	FAILS(EPERM, chown("f", 77, -1));
	MUST(chown("f", -1, 9));
	MUST(stat("f", &st));
	CHECK(st.st_gid == 9);
	FAILS(EPERM, mknod("b", S_IFBLK | 0600, 0x801));
	return pass();
}
