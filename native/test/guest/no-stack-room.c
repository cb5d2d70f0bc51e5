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
#elif defined __aarch64__
static long call_at(char *stack, long number, long a, long b, long c, long d)
{
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x8 __asm__("x8") = number;
	register char *x19 __asm__("x19") = stack;
	__asm__ volatile("mov x20, sp\n\tmov sp, x19\n\tsvc #0\n\tmov sp, x20" : "+r"(x0) : "r"(x1), "r"(x2), "r"(x3), "r"(x8), "r"(x19) : "x20", "memory");
	return x0;
}
#else
static long call_at(char *stack, long number, long a, long b, long c, long d) { (void)stack, (void)number, (void)a, (void)b, (void)c, (void)d; skip("not written for this CPU"); }
#endif
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
		CHECK(call_at(area + page + 8, SYS_getppid, 0, 0, 0, 0) == getppid());
		CHECK(call_at(area + page + 9, SYS_newfstatat, AT_FDCWD, (long)"/etc/marker", (long)&st, 0) == 0);
		CHECK(call_at(area + page, SYS_newfstatat, AT_FDCWD, (long)"/links/dir/marker", (long)&st, 0) == 0);
	}
	return pass();
}
