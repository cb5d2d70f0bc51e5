/* A handler on a small alternate stack makes path calls and does not run over its end: 8 KiB, or where the kernel's frames
 * are large the room for two of them that native/README.md asks for. */
#include "check.h"
#include <sys/auxv.h>
#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif
static volatile int good;
static void handler(int number)
{
	(void)number;
	struct stat st;
	good += syscall(SYS_openat, AT_FDCWD, "/etc/absent", O_RDONLY) == -1 && errno == ENOENT;
	good += fstatat(AT_FDCWD, "/etc/marker", &st, 0) == 0;
}
int main(void)
{
	long page = sysconf(_SC_PAGESIZE), size = 8192;
#if defined __aarch64__
	size = (2 * (long)getauxval(AT_MINSIGSTKSZ) + 4096 + page - 1) & -page;
#endif
	char *area = mmap(NULL, (size_t)(size + 2 * page), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(area != MAP_FAILED);
	MUST(mprotect(area + page, (size_t)size, PROT_READ | PROT_WRITE));
	stack_t stack = { .ss_sp = area + page, .ss_size = (size_t)size }, old;
	MUST(sigaltstack(&stack, NULL));
	struct sigaction act = { .sa_handler = handler, .sa_flags = SA_ONSTACK };
	MUST(sigaction(SIGUSR1, &act, NULL));
	for (int i = 0; i < 200; i++) raise(SIGUSR1);
	CHECK(good == 400);
	MUST(sigaltstack(NULL, &old));
	CHECK(old.ss_sp == area + page && old.ss_size == (size_t)size);
	return pass();
}
