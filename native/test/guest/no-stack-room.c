/* A path call made with 16 bytes of stack left, an alternate stack being set: what Go's system stacks look like. */
#include "check.h"
#if defined __x86_64__
static long call_at(char *stack, long number, long a, long b, long c, long d)
{
	long result;
	register long r10 __asm__("r10") = d;
	register char *r12 __asm__("r12") = stack;
	__asm__ volatile("mov %%rsp, %%rbx\n\tmov %%r12, %%rsp\n\tsyscall\n\tmov %%rbx, %%rsp"
		: "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r12) : "rbx", "rcx", "r11", "memory");
	return result;
}
int main(void)
{
	long page = sysconf(_SC_PAGESIZE);
	char *area = mmap(NULL, (size_t)(3 * page), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	MUST(mprotect(area + page, (size_t)page, PROT_READ | PROT_WRITE));
	stack_t stack = { .ss_sp = malloc(65536), .ss_size = 65536 };
	MUST(sigaltstack(&stack, NULL));
	struct stat st;
	for (int i = 0; i < 100; i++) {
		CHECK(call_at(area + page + 16, SYS_newfstatat, AT_FDCWD, (long)"/etc/marker", (long)&st, 0) == 0);
		CHECK(call_at(area + page + 16, SYS_newfstatat, AT_FDCWD, (long)"/etc/absent", (long)&st, 0) == -ENOENT);
		CHECK(call_at(area + page, SYS_newfstatat, AT_FDCWD, (long)"/links/dir/marker", (long)&st, 0) == 0);
	}
	return pass();
}
#else
int main(void) { skip("written for x86-64"); }
#endif
