/* A path call preserves every register but that of its result (and rcx and r11), the vector registers and the flags. */
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
#elif defined __aarch64__
/* x: what is in x0 to x30 and afterwards; v: in vector registers 0 to 31; flags: of NZCV. */
struct state { uint64_t x[31], flags, v[64]; };
void probe(struct state *state);
__asm__(".globl probe\nprobe: sub sp, sp, #128\n\tstp x29, x30, [sp]\n\tstp x19, x20, [sp, #16]\n\tstp x21, x22, [sp, #32]\n\t"
	"stp x23, x24, [sp, #48]\n\tstp x25, x26, [sp, #64]\n\tstp x27, x28, [sp, #80]\n\tstp x18, x0, [sp, #96]\n\t"
	"ldr x1, [x0, #248]\n\tmsr nzcv, x1\n\tadd x1, x0, #256\n\t"
	".irp n, 0,2,4,6,8,10,12,14,16,18,20,22,24,26,28,30\n\tldr q\\n, [x1], #16\n\t.endr\n\t"
	".irp n, 1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31\n\tldr q\\n, [x1], #16\n\t.endr\n\t"
	".irp n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30\n\tldr x\\n, [x0, #(8 * \\n)]\n\t.endr\n\t"
	"ldr x0, [x0]\n\tsvc #0\n\tstr x0, [sp, #112]\n\tldr x0, [sp, #104]\n\t"
	".irp n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30\n\tstr x\\n, [x0, #(8 * \\n)]\n\t.endr\n\t"
	"ldr x1, [sp, #112]\n\tstr x1, [x0]\n\tmrs x1, nzcv\n\tstr x1, [x0, #248]\n\tadd x1, x0, #256\n\t"
	".irp n, 0,2,4,6,8,10,12,14,16,18,20,22,24,26,28,30\n\tstr q\\n, [x1], #16\n\t.endr\n\t"
	".irp n, 1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31\n\tstr q\\n, [x1], #16\n\t.endr\n\t"
	"ldp x19, x20, [sp, #16]\n\tldp x21, x22, [sp, #32]\n\tldp x23, x24, [sp, #48]\n\tldp x25, x26, [sp, #64]\n\t"
	"ldp x27, x28, [sp, #80]\n\tldr x18, [sp, #96]\n\tldp x29, x30, [sp]\n\tadd sp, sp, #128\n\tret");
int main(void)
{
	static struct stat st;
	static const char *const paths[] = { "/etc/marker", "/links/dir/marker", "/etc/absent", "marker" };
	static struct state before, after;
	for (int i = 0; i < 100; i++) {
		for (int r = 0; r < 31; r++) before.x[r] = 0x1111111111111111u * (unsigned)(r + 1) ^ (unsigned)i;
		for (int r = 0; r < 64; r++) before.v[r] = 0x0123456789abcdefu * (unsigned)(r + i + 1);
		before.x[0] = (uint64_t)AT_FDCWD, before.x[1] = (uint64_t)paths[i % 4], before.x[2] = (uint64_t)&st, before.x[3] = 0;
		before.x[8] = i % 5 == 4 ? SYS_getppid : SYS_newfstatat; /* one that is not caught, at the same place */
		before.flags = (uint64_t)(i & 15) << 28;
		after = before;
		probe(&after);
		long want = before.x[8] == SYS_getppid ? (long)getppid() : i % 4 < 2 ? 0 : -ENOENT;
		if ((long)after.x[0] != want) fail("the call gave %ld in round %d", (long)after.x[0], i);
		for (int r = 1; r < 31; r++) if (after.x[r] != before.x[r]) fail("x%d is %#lx after round %d", r, (long)after.x[r], i);
		if (after.flags != before.flags) fail("flags are %#lx after round %d", (long)after.flags, i);
		if (memcmp(after.v, before.v, sizeof after.v)) fail("a vector register changed in round %d", i);
	}
	return pass();
}
#else
int main(void) { skip("not written for this CPU"); }
#endif
