/* Emulated root makes device nodes, pipes and sockets; their type and number are told by stat, lists and other processes. */
// identity: root
#include "check.h"
#include <sys/sysmacros.h>
static void is(const char *path, mode_t mode, dev_t dev) { struct stat st; MUST(stat(path, &st)); if (st.st_mode != mode || st.st_rdev != dev) fail("%s: mode %o rdev %lx", path, st.st_mode, (long)st.st_rdev); }
int main(void)
{
	umask(022);
	MUST(mknod("b", S_IFBLK | 0660, makedev(8, 1)));
	is("b", S_IFBLK | 0640, makedev(8, 1));
	MUST(mknod("c", S_IFCHR | 0666, makedev(1, 3)));
	is("c", S_IFCHR | 0644, makedev(1, 3));
	MUST(mknodat(AT_FDCWD, "/work/p", S_IFIFO | 0600, 0));
	is("p", S_IFIFO | 0600, 0);
	MUST(mknod("s", S_IFSOCK | 0600, 0));
	is("s", S_IFSOCK | 0600, 0);
	MUST(mknod("r", 0640, 0));
	is("r", S_IFREG | 0640, 0);
	FAILS(EEXIST, mknod("b", S_IFBLK | 0660, makedev(8, 1)));
	MUST(rename("b", "b2"));
	is("b2", S_IFBLK | 0640, makedev(8, 1));
	IN_CHILD(0, is("b2", S_IFBLK | 0640, makedev(8, 1)));
	MUST(chmod("c", 0600));
	is("c", S_IFCHR | 0600, makedev(1, 3));
	MUST(chown("c", 5, 6));
	is("c", S_IFCHR | 0600, makedev(1, 3));
	MUST(unlink("c"));
	put("c", "x");
	is("c", S_IFREG | 0644, 0);
	MUST(unlink("b2"));
	CHECK(!exists("b2"));
	return pass();
}
