/* openat2's resolve flags keep their meaning relative to the guest's tree. */
// variants: static dynamic
#include "check.h"
#include <linux/openat2.h>
static int o2(int d, const char *path, uint64_t resolve)
{
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC, .resolve = resolve };
	return (int)syscall(SYS_openat2, d, path, &how, sizeof how);
}
static void yes(int fd, const char *text)
{
	char got[64] = "";
	if (fd < 0) fail("openat2 for %s", text);
	MUST(read(fd, got, sizeof got - 1));
	SAME(text, got);
	close(fd);
}
int main(void)
{
	MUST(mkdir("jail", 0755)); MUST(mkdir("jail/etc", 0755)); MUST(mkdir("jail/sub", 0755));
	put("jail/etc/marker", "jail\n"); put("jail/file", "file\n"); put("outside", "outside\n");
	MUST(symlink("/etc/marker", "jail/abs")); MUST(symlink("../outside", "jail/out")); MUST(symlink("sub/../file", "jail/in"));
	int d = (int)MUST(open("jail", O_PATH | O_DIRECTORY)), probe = o2(d, "file", 0);
	if (probe < 0 && errno == ENOSYS) skip("the kernel has no openat2");
	yes(probe, "file\n");
	yes(o2(d, "abs", 0), "guest\n"); yes(o2(d, "../../etc/marker", 0), "guest\n"); yes(o2(d, "/etc/marker", 0), "guest\n");
	yes(o2(d, "abs", RESOLVE_IN_ROOT), "jail\n");
	yes(o2(d, "/etc/marker", RESOLVE_IN_ROOT), "jail\n");
	yes(o2(d, "../../etc/marker", RESOLVE_IN_ROOT), "jail\n");
	FAILS(ENOENT, o2(d, "out", RESOLVE_IN_ROOT));
	FAILS(EXDEV, o2(d, "abs", RESOLVE_BENEATH));
	FAILS(EXDEV, o2(d, "/etc/marker", RESOLVE_BENEATH));
	FAILS(EXDEV, o2(d, "../outside", RESOLVE_BENEATH));
	FAILS(EXDEV, o2(d, "out", RESOLVE_BENEATH));
	yes(o2(d, "in", RESOLVE_BENEATH), "file\n"); yes(o2(d, "sub/../file", RESOLVE_BENEATH), "file\n");
	FAILS(ELOOP, o2(d, "in", RESOLVE_NO_SYMLINKS)); yes(o2(d, "etc/marker", RESOLVE_NO_SYMLINKS), "jail\n");
	FAILS(ELOOP, o2(AT_FDCWD, "/links/dir/marker", RESOLVE_NO_SYMLINKS));
	yes(o2(AT_FDCWD, "/links/dir/marker", RESOLVE_NO_MAGICLINKS), "guest\n");
	FAILS(ELOOP, o2(AT_FDCWD, "/proc/self/fd/0", RESOLVE_NO_MAGICLINKS));
	FAILS(EXDEV, o2(AT_FDCWD, "/proc/self/stat", RESOLVE_NO_XDEV));
	FAILS(EXDEV, o2(AT_FDCWD, "/mnt/rw/marker", RESOLVE_NO_XDEV));
	yes(o2(AT_FDCWD, "/etc/marker", RESOLVE_NO_XDEV), "guest\n");
	FAILS(EINVAL, o2(d, "file", 1ull << 40)); FAILS(EINVAL, o2(d, "file", RESOLVE_BENEATH | RESOLVE_IN_ROOT));
	struct { struct open_how how; uint64_t more; } big = { .how = { .flags = O_RDONLY } };
	yes((int)syscall(SYS_openat2, d, "file", &big, sizeof big), "file\n");
	big.more = 1;
	FAILS(E2BIG, syscall(SYS_openat2, d, "file", &big, sizeof big));
	FAILS(EINVAL, syscall(SYS_openat2, d, "file", &big, 8));
	FAILS(EFAULT, syscall(SYS_openat2, d, "file", NULL, sizeof big.how));
	return pass();
}
