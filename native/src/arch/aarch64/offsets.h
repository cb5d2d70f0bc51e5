/* Numbers shared with assembly; slots.c asserts that the C structures agree. */
#ifndef AARCH64_OFFSETS_H
#define AARCH64_OFFSETS_H

#define ENGINE_BASE 0x3000000000 /* below 2^39, the smallest address space kernels are built for */
#define ENGINE_SIZE 0x100000     /* code and constants: the range the filter lets call freely */

#define SLOT_SIZE 0x20000
#define SLOT_HEAD 576 /* struct slot lies in the top bytes of its slot, its stack below */
#define SLOT_REGS 0
#define REGS_X8 64
#define REGS_SP 248
#define REGS_PC 256
#define REGS_HOOKED 272
#define SLOT_BUSY 288
#define SLOT_PENDING 296
#define SLOT_SLOW 300
#define SLOT_MASK_WAIT 320
#define SLOT_OFFSET (SLOT_SIZE - SLOT_HEAD)

#define CACHE_BASE (ENGINE_BASE + 0x180000) /* the directory cache, behind the engine's own memory */
#define SLOTS_BASE (ENGINE_BASE + 0x800000)
#define SLOT_HASH_BITS 6
#define SLOT_HASH_SHIFT 6
#define SLOT_HASH_MASK 0x7e0000 /* SLOT_HASH_BITS bits, where they count slots */
#define HOOK_PROBES 16

#define UC_STACK 16 /* uc_stack.ss_sp, .ss_size and uc_mcontext.pc in the kernel's struct ucontext; frame.c asserts it */
#define UC_STACK_SIZE 32
#define UC_PC 440
#define STACK_MARKS 2048 /* one for each page in 8 MB; a power of two */
#define STACK_MARKS_BITS 11

/* What a block says of its call, behind its code: see patch.h. */
#define CALL_HOOK 0
#define CALL_RESUME 8
#define CALL_NUMBER 16
#define CALL_EXIT 24

#define CALL_FINISH 0x15440001 /* numbers no kernel uses: resume the guest by way of SIGSYS */
#define CALL_UNKNOWN 0x10000   /* numbers from here on are trapped */
#define CALL_VERSION 0x15440002 /* is an engine there already? answers -(ENGINE_ERRNO) */
#define ENGINE_ERRNO 3001
#define ENGINE_EMULATES 3002 /* the same from a filter that catches calls about ids too */

#define SIGNAL_STUBS 512
#define STUB_SIZE 16
#define SIGNAL_TRUSTED 4 /* so many returns of a handler are looked at: see returns_watched() */
#define SIGNAL_ROOM 0x4000 /* that must be left of an alternate stack for that: it takes another frame */

#define OWN_ACTIONS 32 /* of the guest for SIGSYS, SIGSEGV and SIGBUS: see trap/signal.c */
#define OWN_STEP 4     /* bytes of an instruction without effect */
#endif
