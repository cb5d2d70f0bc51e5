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
#elif defined __aarch64__
int main(void)
{
	static struct stat st;
	unsigned long pointer, again;
	__asm__("mrs %0, tpidr_el0" : "=r"(pointer));
	for (int i = 0; i < 50; i++) {
		register long x0 __asm__("x0") = AT_FDCWD;
		register const char *x1 __asm__("x1") = "/etc/marker";
		register struct stat *x2 __asm__("x2") = &st;
		register long x3 __asm__("x3") = 0;
		register long x8 __asm__("x8") = SYS_newfstatat;
		register unsigned long other __asm__("x19") = i % 3 ? 0x123456789000ul * (unsigned)i : 0;
		register unsigned long own __asm__("x20") = pointer;
		__asm__ volatile("msr tpidr_el0, x19\n\tsvc #0\n\tmrs x19, tpidr_el0\n\tmsr tpidr_el0, x20"
			: "+r"(x0), "+r"(other) : "r"(x1), "r"(x2), "r"(x3), "r"(x8), "r"(own) : "memory");
		CHECK(x0 == 0 && st.st_size == 6 && other == (i % 3 ? 0x123456789000ul * (unsigned)i : 0));
	}
	__asm__("mrs %0, tpidr_el0" : "=r"(again));
	CHECK(pointer == again);
	return pass();
}
#else
int main(void) { skip("not written for this CPU"); }
#endif
