/* What only root may do fails with EPERM for a user, and the process goes on. */
// variants: static dynamic
#include "check.h"
#include <grp.h>
#include <sys/mount.h>
int main(void)
{
	FAILS(EPERM, mount("/etc", "/work", NULL, MS_BIND, NULL));
	FAILS(EPERM, umount2("/mnt/rw", 0));
	FAILS(EPERM, chroot("/work"));
	FAILS(EPERM, syscall(SYS_pivot_root, "/work", "/work"));
	FAILS(EPERM, mknod("dev", S_IFBLK | 0600, 0x801));
	FAILS(EPERM, mknod("dev", S_IFCHR | 0600, 0x103));
	FAILS(EPERM, chown("/etc/marker", 0, 0));
	FAILS(EPERM, setuid(0));
	FAILS(EPERM, setgid(0));
	FAILS(EPERM, setgroups(0, NULL));
	FAILS(EPERM, sethostname("x", 1));
	FAILS(EPERM, syscall(SYS_swapon, "/etc/marker", 0));
	FAILS(EPERM, syscall(SYS_acct, "/etc/marker"));
	MUST(mknod("fifo", S_IFIFO | 0600, 0));
	MUST(mknod("plain", S_IFREG | 0600, 0));
	MUST(chown("plain", getuid(), getgid()));
	MUST(chown("plain", -1, -1));
	CHECK(exists("/etc/marker"));
	return pass();
}
