/* Bad path pointers give EFAULT from every path call, bad result pointers too, and the guest's SIGSEGV handler sees none of it. */
#include "check.h"
#include <sys/statfs.h>
#include <sys/xattr.h>
static volatile int segv;
static void handler(int number) { (void)number; segv++; fail("a SIGSEGV reached the guest"); }
int main(void)
{
	long page = sysconf(_SC_PAGESIZE);
	char *area = mmap(NULL, (size_t)(2 * page), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	MUST(mprotect(area + page, (size_t)page, PROT_NONE));
	memset(area, 'a', (size_t)page);
	area[0] = '/';
	char *last = area + page - 12;
	memcpy(last, "/etc/marker", 12);
	signal(SIGSEGV, handler);
	signal(SIGBUS, handler);
	struct stat st;
	CHECK(syscall(SYS_newfstatat, AT_FDCWD, last, &st, 0) == 0);
	memcpy(last, "/etc/markerX", 12);
	char *const bad[] = { NULL, (char *)1, area + page, last, area + page - 1, (char *)-4096, (char *)0x800000000000, (char *)-1 };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char *p = bad[i];
		FAILS(EFAULT, syscall(SYS_openat, AT_FDCWD, p, O_RDONLY));
		FAILS(EFAULT, syscall(SYS_openat, AT_FDCWD, p, O_CREAT | O_WRONLY, 0644));
		FAILS(EFAULT, syscall(SYS_newfstatat, AT_FDCWD, p, &st, 0));
		if (p) { char big[256]; FAILS(EFAULT, syscall(SYS_statx, AT_FDCWD, p, 0, 0x7ff, big)); }
		FAILS(EFAULT, syscall(SYS_faccessat, AT_FDCWD, p, R_OK));
		FAILS(EFAULT, syscall(SYS_mkdirat, AT_FDCWD, p, 0755));
		FAILS(EFAULT, syscall(SYS_unlinkat, AT_FDCWD, p, 0));
		FAILS(EFAULT, syscall(SYS_renameat2, AT_FDCWD, p, AT_FDCWD, "x", 0));
		FAILS(EFAULT, syscall(SYS_renameat2, AT_FDCWD, "/etc/marker", AT_FDCWD, p, 0));
		FAILS(EFAULT, syscall(SYS_symlinkat, p, AT_FDCWD, "x"));
		FAILS(EFAULT, syscall(SYS_symlinkat, "x", AT_FDCWD, p));
		FAILS(EFAULT, syscall(SYS_linkat, AT_FDCWD, p, AT_FDCWD, "x", 0));
		FAILS(EFAULT, syscall(SYS_readlinkat, AT_FDCWD, p, area, 10));
		FAILS(EFAULT, syscall(SYS_fchmodat, AT_FDCWD, p, 0644));
		FAILS(EFAULT, syscall(SYS_fchownat, AT_FDCWD, p, -1, -1, 0));
		FAILS(EFAULT, syscall(SYS_chdir, p));
		FAILS(EFAULT, syscall(SYS_truncate, p, 0));
		FAILS(EFAULT, syscall(SYS_getxattr, p, "user.a", area, 10));
		FAILS(EFAULT, syscall(SYS_execve, p, NULL, NULL));
		char *const argv[] = { "true", p, NULL };
		if (p) FAILS(EFAULT, syscall(SYS_execve, "/bin/true", argv, NULL));
		struct statfs fs;
		FAILS(EFAULT, syscall(SYS_statfs, p, &fs));
	}
	FAILS(EFAULT, syscall(SYS_newfstatat, AT_FDCWD, "/etc/marker", (void *)1, 0));
	FAILS(EFAULT, syscall(SYS_newfstatat, AT_FDCWD, "/etc/marker", area + page, 0));
	FAILS(EFAULT, syscall(SYS_statx, AT_FDCWD, "/etc/marker", 0, 0x7ff, (void *)1));
	FAILS(EFAULT, syscall(SYS_readlinkat, AT_FDCWD, "/links/relative", (void *)1, 100));
	FAILS(EFAULT, syscall(SYS_getcwd, (void *)1, 100));
	FAILS(EFAULT, syscall(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", area + page, 100));
	FAILS(EFAULT, syscall(SYS_uname, (void *)1));
	FAILS(EFAULT, syscall(SYS_execve, "/bin/true", (void *)1, NULL));
	CHECK(segv == 0);
	return pass();
}
