/* A filter of the program's own that answers with SIGSYS: the handler is told where the call was, and the frame says the
 * same, also where that call's place has been used for calls with paths before. Sandboxes check it. */
#include "check.h"
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#if defined __x86_64__
#define PC(context) ((uint64_t)((ucontext_t *)(context))->uc_mcontext.gregs[REG_RIP])
#else
#define PC(context) ((uint64_t)((ucontext_t *)(context))->uc_mcontext.pc)
#endif
static volatile long handled, elsewhere;
static volatile uint64_t place;
static void handler(int number, siginfo_t *info, void *context)
{
	(void)number;
	handled++;
	if (info->si_code != 1 /* SYS_SECCOMP */ || info->si_syscall != SYS_getppid || (uint64_t)info->si_call_addr != PC(context)) elsewhere++;
	if (place && place != PC(context)) elsewhere++;
	place = PC(context);
}
int main(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { sizeof code / sizeof *code, code };
	struct sigaction act = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };
	struct stat st;
	MUST(sigaction(SIGSYS, &act, NULL));
	MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	MUST(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter));
	for (long i = 0; i < 60; i++) {
		syscall(SYS_getppid);
		CHECK(handled == i + 1 && !elsewhere);
		CHECK(syscall(SYS_newfstatat, AT_FDCWD, "/etc/marker", &st, 0) == 0 && st.st_size == 6);
	}
	return pass();
}
