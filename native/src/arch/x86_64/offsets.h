/* Numbers shared with assembly; slots.c asserts that the C structures agree. */
#ifndef X86_64_OFFSETS_H
#define X86_64_OFFSETS_H

#define ENGINE_BASE 0x680000000000 /* above where the kernel puts PIE programs, below mmap and stack */
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
#define SLOT_PENDING 132

#define UC_RIP 168 /* uc_mcontext.rip in the kernel's struct ucontext */

#define CALL_FINISH 0x15440001 /* numbers no kernel uses: resume the guest by way of SIGSYS */
#define CALL_VERSION 0x15440002 /* is an engine there already? answers -(ENGINE_ERRNO) */
#define ENGINE_ERRNO 3001

#define SIGNAL_STUBS 512
#define STUB_SIZE 16
#endif
