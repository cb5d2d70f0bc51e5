/* Path calls younger than many engines: each acts on the guest's file or says ENOSYS, never on a host file of that name. */
// variants: static
#include "check.h"
static void either(long result, const char *name) { if (result == -1 && errno != ENOSYS && errno != EOPNOTSUPP && errno != ENOTTY) fail("%s", name); }
int main(void)
{
	struct stat st;
	char value[16] = "v", list[256], attributes[64] = "";
	struct { uint64_t value; uint32_t size, flags; } args = { (uint64_t)value, 1, 0 };
	put("/work/only-here", "x");
	either(syscall(452, AT_FDCWD, "/work/only-here", 0600, 0), "fchmodat2");
	either(syscall(463, AT_FDCWD, "/work/only-here", 0, "user.n", &args, sizeof args), "setxattrat");
	args.size = 16;
	either(syscall(464, AT_FDCWD, "/work/only-here", 0, "user.n", &args, sizeof args), "getxattrat");
	either(syscall(465, AT_FDCWD, "/work/only-here", 0, list, sizeof list), "listxattrat");
	either(syscall(466, AT_FDCWD, "/work/only-here", 0, "user.n"), "removexattrat");
	either(syscall(468, AT_FDCWD, "/work/only-here", attributes, 24, 0), "file_getattr");
	long tree = syscall(428, AT_FDCWD, "/work/only-here", 0);
	either(tree, "open_tree");
	if (tree >= 0) { MUST(fstat((int)tree, &st)); CHECK(st.st_size == 1); }
	long tree2 = syscall(467, AT_FDCWD, "/work/only-here", 0, NULL, 0);
	either(tree2, "open_tree_attr");
	either(syscall(439, AT_FDCWD, "/work/only-here", R_OK, 0), "faccessat2");
	struct { unsigned bytes; int type; char data[128]; } handle = { .bytes = 128 };
	int mount;
	either(syscall(SYS_name_to_handle_at, AT_FDCWD, "/work/only-here", &handle, &mount, 0), "name_to_handle_at");
	FAILS(EPERM, geteuid() ? syscall(SYS_acct, "/work/only-here") : (errno = EPERM, -1));
	return pass();
}
