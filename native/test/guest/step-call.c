/* A signal at single instructions of a path call, close to its beginning and its end, where registers are the guest's in
 * part: the handler must meet the caller's own code, run, make calls of its own, and the interrupted call must give its
 * result and leave registers, stack pointer and flags alone. */
// variants: static
// args: 75 50 97
#include "stops.h"
#if !defined __aarch64__
int main(void) { skip("written for aarch64; see step-signals"); }
#else
#include <elf.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
enum { WARM = 160, STEPS = 200000, KINDS = 4 };
/* Two that an engine would catch (the second with a mode that there is not), one that it would not, all at one site. */
static const struct { long number; const char *path; long size; } kinds[KINDS] = {
	{ SYS_newfstatat, "/etc/marker", 6 }, { SYS_faccessat, "/etc/marker", 0 }, { SYS_newfstatat, "/etc/absent", 0 }, { SYS_getppid, NULL, 0 },
};
/* Around the call: a stop for the tracer before it, and what a libc does not do, a look at registers that could be used for
 * jumps, at the number's, and at the flags. */
long call_and_look(const char *path, struct stat *st, long *changed, long number);
extern char call_site[];
__asm__(".globl call_site, call_and_look\n\tcall_and_look: stp x29, x30, [sp, #-80]!\n\tstp x19, x20, [sp, #16]\n\tstp x21, x22, [sp, #32]\n\tstp x2, x23, [sp, #48]\n\tstp x24, x3, [sp, #64]\n\t"
	"mov x8, x3\n\tmov x3, #0\n\tmov x2, x1\n\tmov x1, x0\n\tmov x0, #-100\n\tmov x22, x1\n\tmov x23, x2\n\tmov x24, sp\n\t"
	"mov x9, #909\n\tmov x16, #1616\n\tmov x17, #1717\n\tmov x30, #3030\n\tmov x19, #0xa0000000\n\tmsr nzcv, x19\n\tbrk #7\n"
	"call_site: svc #0\n\tmrs x20, nzcv\n\teor x20, x20, x19\n\tmov x21, sp\n\teor x21, x21, x24\n\torr x20, x20, x21\n\t"
	"eor x1, x1, x22\n\torr x20, x20, x1\n\teor x2, x2, x23\n\torr x20, x20, x2\n\torr x20, x20, x3\n\t"
	"ldr x24, [sp, #72]\n\teor x8, x8, x24\n\torr x20, x20, x8\n\tsub x9, x9, #909\n\torr x20, x20, x9\n\tsub x16, x16, #1616\n\torr x20, x20, x16\n\t"
	"sub x17, x17, #1717\n\torr x20, x20, x17\n\tsub x30, x30, #3030\n\torr x20, x20, x30\n\t"
	"ldr x24, [sp, #64]\n\tldp x2, x23, [sp, #48]\n\tstr x20, [x2]\n\tldp x21, x22, [sp, #32]\n\tldp x19, x20, [sp, #16]\n\tldp x29, x30, [sp], #80\n\tret");
static volatile long handled, astray, failed;
static void handler(int number, siginfo_t *info, void *context)
{
	struct stat st;
	uint64_t pc = ((ucontext_t *)context)->uc_mcontext.pc;
	(void)number, (void)info;
	if (pc - ((uint64_t)call_site - 4) > 8) astray++; /* at the call or behind it */
	if (++handled % 2 == 0 && (stat("/etc/marker", &st) || st.st_size != 6)) failed++;
}
static void child(long rounds)
{
	struct sigaction act = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_RESTART };
	struct stat st;
	long changed, seen;
	MUST(ptrace(PTRACE_TRACEME, 0, 0, 0));
	MUST(sigaction(SIGUSR1, &act, NULL));
	raise(SIGSTOP);
	for (long i = 0; i < rounds; i++) {
		st.st_size = 0, seen = handled;
		long kind = i % KINDS, result = call_and_look(kinds[kind].path, &st, &changed, kinds[kind].number);
		if (result != (kind == 1 ? -EINVAL : kind == 2 ? -ENOENT : kind == 3 ? getppid() : 0) || st.st_size != kinds[kind].size) _exit(10);
		if (changed) _exit(11);
		if (failed) _exit(12);
		if (astray) _exit(13);
		if (i >= WARM + KINDS && handled != seen + 1) _exit(14);
	}
	_exit(0);
}
static uint32_t code_at(pid_t pid, uint64_t at)
{
	return (uint32_t)(ptrace(PTRACE_PEEKTEXT, pid, at & ~7ul, 0) >> (at & 4) * 8);
}
static void write_code(pid_t pid, uint64_t at, uint32_t code)
{
	uint64_t shift = (at & 4) * 8, word = (uint64_t)ptrace(PTRACE_PEEKTEXT, pid, at & ~7ul, 0);
	MUST(ptrace(PTRACE_POKETEXT, pid, at & ~7ul, (word & ~(0xfffffffful << shift)) | (uint64_t)code << shift));
}
/* A step clears the monitor of exclusive loads, so a loop of ldaxr and stxr would never end: go on until behind it. 1: it
 * was none. */
static int step_over_exclusive(pid_t pid)
{
	struct user_regs_struct regs;
	struct iovec where = { &regs, sizeof regs };
	uint64_t stops[8];
	uint32_t kept[8];
	int count = 0, status;
	MUST(ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &where));
	if ((code_at(pid, regs.pc) & 0x3fc00000) != 0x08400000) return 1;
	for (uint64_t at = regs.pc + 4; at < regs.pc + 64 && count < 7; at += 4) {
		uint32_t code = code_at(pid, at);
		if ((code & 0xff000010) == 0x54000000 || (code & 0x7e000000) == 0x34000000) stops[count++] = at + (uint64_t)((int64_t)((uint64_t)code << 40) >> 45 << 2);
		if ((code & 0x3fc00000) == 0x08000000) { stops[count++] = at + 4; break; }
	}
	for (int i = 0; i < count; i++) { kept[i] = code_at(pid, stops[i]); write_code(pid, stops[i], 0xd4200000); }
	if (ptrace(PTRACE_CONT, pid, 0, 0)) fail("going on behind an exclusive store");
	if (waitpid(pid, &status, __WALL | WSTOPPED) != pid || !WIFSTOPPED(status) || WSTOPSIG(status) != SIGTRAP) fail("behind an exclusive store: %#x", status);
	while (count--) write_code(pid, stops[count], kept[count]);
	return 0;
}
static uint64_t pc_of(pid_t pid)
{
	struct user_regs_struct regs;
	struct iovec where = { &regs, sizeof regs };
	MUST(ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &where));
	return regs.pc;
}
static void set_pc(pid_t pid, uint64_t pc)
{
	struct user_regs_struct regs;
	struct iovec where = { &regs, sizeof regs };
	MUST(ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &where));
	regs.pc = pc;
	MUST(ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &where));
}
/* On to where the child stops before its next call; other signals are passed on. Its end, or 0. */
static int next_call(pid_t pid, int signal)
{
	for (;;) {
		MUST(ptrace(PTRACE_CONT, pid, 0, signal));
		int status = next_stop(pid);
		if (!WIFSTOPPED(status)) return status | 1 << 16;
		signal = WSTOPSIG(status);
		if (signal != SIGTRAP) continue;
		signal = 0;
		if (pc_of(pid) != (uint64_t)call_site - 4) continue; /* a step that a signal's frame had kept */
		set_pc(pid, (uint64_t)call_site);
		return 0;
	}
}
/* Up to `most` steps into the call, or to its end: how many there were. *pass is a signal that is to be passed on. */
static long steps(pid_t pid, long most, int *pass)
{
	*pass = 0;
	for (long step = 0; ; step++) {
		if (!*pass && (step == most || (step && pc_of(pid) == (uint64_t)call_site + 4))) return step;
		if (step > STEPS) fail("no end after %d steps, at %#lx", STEPS, (long)pc_of(pid));
		if (!*pass && !step_over_exclusive(pid)) continue;
		MUST(ptrace(PTRACE_SINGLESTEP, pid, 0, *pass));
		int status = next_stop(pid);
		if (!WIFSTOPPED(status)) fail("the end %#x inside a call", status);
		*pass = WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
	}
}
int main(int argc, char **argv)
{
	long first = atol(argv[1]), last = atol(argv[2]), every = atol(argv[3]), length[KINDS], round = 0, met = 0;
	int status, pass_on;
	fflush(stdout);
	(void)argc;
	pid_t pid = fork();
	if (!pid) child(1000000);
	CHECK(waitpid(pid, &status, 0) == pid);
	if (!WIFSTOPPED(status) || WSTOPSIG(status) != SIGSTOP) skip("no tracing here");
	for (; round < WARM; round++) if ((status = next_call(pid, 0))) fail("the end %#x in round %ld", status, round);
	for (; round < WARM + KINDS; round++) {
		if ((status = next_call(pid, 0))) fail("the end %#x in round %ld", status, round);
		length[round % KINDS] = steps(pid, STEPS, &pass_on);
	}
	for (long step = 0; step <= length[0]; round++) {
		if (met) MUST(kill(pid, SIGUSR1)); /* not all stops take a signal along */
		if ((status = next_call(pid, 0))) fail("child ended with %#x in round %ld, behind a signal at step %ld", status, round, step);
		long kind = round % KINDS;
		steps(pid, step < first && step <= length[kind] ? step : kind == 0 ? step : 0, &pass_on);
		met++;
		if (kind == KINDS - 1) step += step < first || step + last >= length[0] ? 1 : every;
	}
	printf("%ld, %ld, %ld and %ld steps, %ld signals\n", length[0], length[1], length[2], length[3], met);
	kill(pid, SIGKILL);
	return pass();
}
#endif
