/* A path call leaves the 128 bytes below the stack pointer alone, as the kernel does. */
// variants: static musl
#include "check.h"
#if defined __x86_64__
int main(void)
{
	static struct stat st;
	for (int i = 0; i < 50; i++) {
		long bad;
		__asm__ volatile(
			"mov $16, %%rcx\n1: mov %%rcx, %%r8\n\tneg %%r8\n\tmov %%rcx, (%%rsp,%%r8,8)\n\tdec %%rcx\n\tjnz 1b\n\t"
			"mov %1, %%eax\n\tmov $-100, %%edi\n\tmov %2, %%rsi\n\tmov %3, %%rdx\n\txor %%r10d, %%r10d\n\tsyscall\n\t"
			"mov %%rax, %0\n\tmov $16, %%rcx\n2: mov %%rcx, %%r8\n\tneg %%r8\n\tcmp %%rcx, (%%rsp,%%r8,8)\n\tje 3f\n\tmov $999, %0\n3: dec %%rcx\n\tjnz 2b"
			: "=&r"(bad) : "i"(SYS_newfstatat), "r"("/etc/marker"), "r"(&st)
			: "rax", "rcx", "rdi", "rsi", "rdx", "r8", "r10", "r11", "memory");
		if (bad) fail("round %d: %s", i, bad == 999 ? "the red zone changed" : "the call failed");
	}
	return pass();
}
#else
int main(void) { skip("written for x86-64"); }
#endif
