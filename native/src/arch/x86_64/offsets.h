/* Numbers shared with assembly; slots.c asserts that the C structures agree. */
#ifndef X86_64_OFFSETS_H
#define X86_64_OFFSETS_H

/* Below where the kernel puts PIE programs. ThreadSanitizer and MemorySanitizer close nearly all of the address space;
 * both leave to programs what begins here. */
#define ENGINE_BASE 0x550000000000
#define ENGINE_SIZE 0x100000       /* code and constants: the range the filter lets call freely */

#define REGS_R15 0
#define REGS_R14 8
#define REGS_R13 16
#define REGS_R12 24
#define REGS_RBP 32
#define REGS_RBX 40
#define REGS_R10 48
#define REGS_R9 56
#define REGS_R8 64
#define REGS_RAX 72
#define REGS_RDX 80
#define REGS_RSI 88
#define REGS_RDI 96
#define REGS_RIP 104
#define REGS_RSP 112
#define REGS_FLAGS 120

#define SLOT_SIZE 0x20000
#define SLOT_HEAD 512 /* struct slot lies in the top bytes of its slot, its stack below */
#define SLOT_REGS 0
#define SLOT_BUSY 128
#define SLOT_PENDING 136
#define SLOT_SLOW 140
#define SLOT_MASK_WAIT 160

/* All slots lie at a fixed address, so that the hook can find one with a single free register and untouched flags:
 * pext picks SLOT_HASH_BITS bits of the thread pointer, pdep puts them, and the bits of SLOTS_BASE, in place. */
#define SLOTS_BASE (ENGINE_BASE + 0x800000)
#define SLOT_HASH_BITS 6
#define SLOT_HASH_FROM 0x1807800 /* bits 11-14, 23, 24: where thread pointers of glibc, musl and Go differ */
#define SLOT_HASH_ONES 0x7c0     /* behind the hash: the five bits that SLOTS_BASE has */
#define SLOT_HASH_TO (SLOTS_BASE | 0x7e0000)
#define CACHE_BASE (ENGINE_BASE + 0x140000) /* the directory cache, behind the engine's own memory: one table of pages for all */
#define SLOT_OFFSET (SLOT_SIZE - SLOT_HEAD)
#define HOOK_PROBES 16 /* further slots tried before the call is trapped instead */
#define HOOK_PROBE_SIZE 32

#define UC_STACK 16 /* uc_stack.ss_sp, .ss_size and uc_mcontext.rip in the kernel's struct ucontext */
#define UC_STACK_SIZE 32
#define UC_RIP 168
#define STACK_MARKS 2048 /* one for each page in 8 MB; a power of two */

#define CALL_FINISH 0x15440001 /* numbers no kernel uses: resume the guest by way of SIGSYS */
#define CALL_UNKNOWN 0x10000   /* numbers from here on are trapped: a site that is just being rewritten makes them */
#define CALL_VERSION 0x15440002 /* is an engine there already? answers -(ENGINE_ERRNO) */
#define ENGINE_ERRNO 3001
#define ENGINE_EMULATES 3002 /* the same from a filter that catches calls about ids too */

#define SIGNAL_STUBS 512
#define STUB_SIZE 16
#define SIGNAL_TRUSTED 4 /* so many returns of a handler are looked at: see returns_watched() */
#define SIGNAL_ROOM 0x4000 /* that must be left of an alternate stack for that: it takes another frame */

#define OWN_ACTIONS 32 /* of the guest for SIGSYS, SIGSEGV and SIGBUS: see trap/signal.c */
#define OWN_STEP 1     /* bytes of an instruction without effect */
#endif
