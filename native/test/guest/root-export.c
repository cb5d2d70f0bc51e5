/* What emulated root made of files goes with a copy of the tree: the engine lists it, and a new state is begun from the list. */
// identity: root
// native: no
// args: make
// moved: look
#include "check.h"
#include <sys/sysmacros.h>
static void looks(const char *path, mode_t mode, uid_t uid, gid_t gid)
{
	struct stat st;
	MUST(lstat(path, &st));
	if (st.st_mode != mode || st.st_uid != uid || st.st_gid != gid)
		fail("%s has mode %o, owner %u:%u", path, st.st_mode, st.st_uid, st.st_gid);
}
int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "make")) {
		MUST(mkdir("/work/d", 0755));
		MUST(chown("/work/d", 10, 20));
		MUST(chmod("/work/d", 02775));
		MUST(mkdir("/work/d/closed", 0700));
		put("/work/d/closed/file name\n", "x");
		MUST(chown("/work/d/closed/file name\n", 33, 44));
		MUST(chmod("/work/d/closed", 0));
		put("/work/d/program", "x");
		MUST(chmod("/work/d/program", 04755));
		MUST(mknod("/work/d/device", S_IFCHR | 0666, makedev(4, 300)));
		MUST(symlink("nowhere", "/work/d/link"));
		MUST(lchown("/work/d/link", 7, 8));
		put("/work/d/plain", "x");
		MUST(chown("/work/d/plain", 0, 0));
		return pass();
	}
	struct stat st;
	looks("/work/d", S_IFDIR | 02775, 10, 20);
	looks("/work/d/closed", S_IFDIR, 0, 20);
	looks("/work/d/closed/file name\n", S_IFREG | 0644, 33, 44);
	looks("/work/d/program", S_IFREG | 04755, 0, 20);
	looks("/work/d/device", S_IFCHR | 0644, 0, 20);
	MUST(stat("/work/d/device", &st));
	CHECK(st.st_rdev == makedev(4, 300));
	looks("/work/d/link", S_IFLNK | 0777, 7, 8);
	looks("/work/d/plain", S_IFREG | 0644, 0, 0);
	return pass();
}
