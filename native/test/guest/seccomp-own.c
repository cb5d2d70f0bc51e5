/* A guest that locks itself in with its own filter keeps working as far as that filter allows. */
// variants: static musl
#include "check.h"
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#define ALLOW(n) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (n), 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
static void lock(unsigned otherwise, int by_call)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		ALLOW(SYS_read), ALLOW(SYS_write), ALLOW(SYS_openat), ALLOW(SYS_close), ALLOW(SYS_exit_group), ALLOW(SYS_newfstatat), ALLOW(SYS_fstat), ALLOW(SYS_rt_sigreturn), ALLOW(SYS_fcntl), ALLOW(SYS_prctl), ALLOW(SYS_brk), ALLOW(SYS_mmap),
#ifdef SYS_open
		ALLOW(SYS_open), ALLOW(SYS_stat), ALLOW(SYS_lstat),
#endif
		BPF_STMT(BPF_RET | BPF_K, otherwise),
	};
	struct sock_fprog program = { sizeof code / sizeof *code, code };
	MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	if (by_call) MUST(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program));
	else MUST(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
}
static void work(void)
{
	struct stat st;
	char text[16];
	for (int i = 0; i < 50; i++) {
		if (stat("/etc/marker", &st) || lstat("/links/dir/marker", &st)) _exit(2);
		int fd = open("/links/relative", O_RDONLY);
		if (fd < 0 || read(fd, text, 16) != 6) _exit(3);
		close(fd);
		if (stat("/etc/absent", &st) != -1 || errno != ENOENT) _exit(4);
	}
}
int main(void)
{
	IN_CHILD(0, { lock(SECCOMP_RET_KILL_PROCESS, 0); work(); });
	IN_CHILD(0, { lock(SECCOMP_RET_KILL_PROCESS, 1); work(); });
	IN_CHILD(0, { lock(SECCOMP_RET_ERRNO | EPERM, 1); work(); });
	IN_CHILD(0, { lock(SECCOMP_RET_TRAP, 0); work(); });
	/* a bad program is refused, and asking is possible */
	struct sock_fprog bad = { 0, NULL };
	FAILS(EINVAL, syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &bad) == -1 && (errno == EINVAL || errno == EACCES || errno == EFAULT) ? (errno = EINVAL, -1) : 0);
	CHECK(exists("/etc/marker"));
	return pass();
}
