/* A path call preserves every register but rax, rcx, r11, the vector registers and the flags. */
// variants: static musl
#include "check.h"
#if defined __x86_64__
struct state { uint64_t r[12]; uint64_t flags; };
__attribute__((naked)) static long probe(long number, const char *path, void *buffer, struct state *out)
{
	__asm__("push %rbx\n\tpush %rbp\n\tpush %r12\n\tpush %r13\n\tpush %r14\n\tpush %r15\n\tpush %rcx\n\t"
		"mov %rdi, %rax\n\tmov $-100, %rdi\n\txor %r10d, %r10d\n\t"
		"mov $0x1111, %rbx\n\tmov $0x2222, %rbp\n\tmov $0x3333, %r8\n\tmov $0x4444, %r9\n\tmov $0x5555, %r12\n\t"
		"mov $0x6666, %r13\n\tmov $0x7777, %r14\n\tmov $0x8888, %r15\n\t"
		"std\n\tstc\n\tsyscall\n\t"
		"pop %rcx\n\t"
		"mov %rbx, (%rcx)\n\tmov %rbp, 8(%rcx)\n\tmov %r8, 16(%rcx)\n\tmov %r9, 24(%rcx)\n\tmov %r12, 32(%rcx)\n\t"
		"mov %r13, 40(%rcx)\n\tmov %r14, 48(%rcx)\n\tmov %r15, 56(%rcx)\n\tmov %rdi, 64(%rcx)\n\tmov %rsi, 72(%rcx)\n\t"
		"mov %rdx, 80(%rcx)\n\tmov %r10, 88(%rcx)\n\tpushfq\n\tpop %r11\n\tmov %r11, 96(%rcx)\n\tcld\n\t"
		"pop %r15\n\tpop %r14\n\tpop %r13\n\tpop %r12\n\tpop %rbp\n\tpop %rbx\n\tret");
}
int main(void)
{
	static struct stat st;
	static const char *const paths[] = { "/etc/marker", "/links/dir/marker", "/etc/absent", "marker" };
	uint64_t want[8] = { 0x1111, 0x2222, 0x3333, 0x4444, 0x5555, 0x6666, 0x7777, 0x8888 };
	for (int i = 0; i < 100; i++) {
		const char *path = paths[i % 4];
		struct state s;
		uint64_t in[2] = { 0x123456789abcdef0u, (uint64_t)i }, vector[2];
		__asm__ volatile("movdqu %0, %%xmm0\n\tmovdqu %0, %%xmm7\n\tmovdqu %0, %%xmm15" :: "m"(in) : "xmm0", "xmm7", "xmm15");
		long result = probe(SYS_newfstatat, path, &st, &s);
		__asm__ volatile("pxor %%xmm0, %%xmm7\n\tpxor %%xmm0, %%xmm15\n\tpor %%xmm15, %%xmm7\n\tmovdqu %%xmm7, %0" : "=m"(vector) :: "xmm0", "xmm7", "xmm15");
		if (result != (i % 4 < 2 ? 0 : -ENOENT)) fail("stat of %s gave %ld", path, result);
		for (int r = 0; r < 8; r++) if (s.r[r] != want[r]) fail("register %d is %#lx after round %d", r, (long)s.r[r], i);
		if (s.r[8] != (uint64_t)-100 || s.r[9] != (uint64_t)path || s.r[10] != (uint64_t)&st || s.r[11]) fail("an argument register changed in round %d", i);
		if ((s.flags & 0x401) != 0x401) fail("flags are %#lx after round %d", (long)s.flags, i);
		if (vector[0] | vector[1]) fail("a vector register changed in round %d", i);
	}
	return pass();
}
#else
int main(void) { skip("written for x86-64"); }
#endif
