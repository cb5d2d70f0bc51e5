/* Path calls neither use nor change the thread pointer: a thread without one can make them. */
// variants: static musl
#include "check.h"
#if defined __x86_64__
#include <asm/prctl.h>
int main(void)
{
	unsigned long fs = 0, again = 0;
	static struct stat st;
	long failures = 0;
	syscall(SYS_arch_prctl, ARCH_GET_FS, &fs);
	for (int i = 0; i < 50; i++) {
		long result;
		__asm__ volatile("syscall\n\tmov %5, %%eax\n\tmov $-100, %%edi\n\tmov %6, %%rsi\n\tmov %7, %%rdx\n\txor %%r10d, %%r10d\n\tsyscall\n\t"
			"mov %%rax, %0\n\tmov %8, %%eax\n\tmov $0x1002, %%edi\n\tmov %9, %%rsi\n\tsyscall"
			: "=&r"(result) : "a"(SYS_arch_prctl), "D"(ARCH_SET_FS), "S"(0), "m"(result), "i"(SYS_newfstatat), "r"("/etc/marker"), "r"(&st), "i"(SYS_arch_prctl), "r"(fs)
			: "rdx", "rcx", "r10", "r11", "memory");
		failures += result != 0;
	}
	CHECK(failures == 0);
	syscall(SYS_arch_prctl, ARCH_GET_FS, &again);
	CHECK(fs == again);
	return pass();
}
#else
int main(void) { skip("written for x86-64"); }
#endif
