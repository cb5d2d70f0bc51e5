/* What emulated root recorded in one run is told in the next one. */
// identity: root
// again: second
#include "check.h"
#include <sys/sysmacros.h>
int main(int argc, char **argv)
{
	struct stat st;
	if (argc == 1) {
		put("f", "x");
		MUST(chown("f", 33, 44));
		MUST(chmod("f", 04000));
		MUST(mknod("b", S_IFBLK | 0600, makedev(8, 2)));
		put("gone", "x");
		MUST(chown("gone", 55, 55));
		MUST(unlink("gone"));
		put("gone", "y");
		return pass();
	}
	MUST(stat("f", &st));
	CHECK(st.st_uid == 33 && st.st_gid == 44);
	CHECK((st.st_mode & 07777) == 04000);
	MUST(stat("b", &st));
	CHECK(S_ISBLK(st.st_mode) && st.st_rdev == makedev(8, 2));
	MUST(stat("gone", &st));
	CHECK(st.st_uid == 0);
	SAME("x", get("f"));
	return pass();
}
