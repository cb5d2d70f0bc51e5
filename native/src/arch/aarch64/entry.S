/* aarch64 assembly: process start, the way into and out of a caught call, signal stubs, guarded copies. */
#include "offsets.h"

        .text

        .macro  address register, symbol
        adrp    \register, \symbol
        add     \register, \register, :lo12:\symbol
        .endm

/* The kernel jumps here after execve: argc, argv, environment and auxiliary vector lie on the stack. */
        .globl engine_start
engine_start:
        mov     x29, xzr
        mov     x30, xzr
        mov     x0, sp
        bl      engine_main
        brk     #0

        .globl arch_jump
arch_jump:
        mov     sp, x1
        mov     x16, x0
        .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,18,19,20,21,22,23,24,25,26,27,28,29,30
        mov     x\n, xzr
        .endr
        br      x16

/* x0: slot, sp: the top of its stack. There is no register free to jump back with, since svc keeps them all: every
 * call ends by way of SIGSYS, whose return restores registers, vector state and signal mask at once. */
        .globl enter, exit_begin, exit_slow
enter:
        mov     x19, x0
        bl      dispatch
exit_begin:
exit_slow:
        mov     x0, x19
        bl      finish_always
        mov     x0, x19
        ldr     x1, [x19, #REGS_SP]
        mov     sp, x1
        ldr     w8, =CALL_FINISH
        svc     #0
        brk     #0
        .ltorg

/* SIGSYS and faults: handlers in C on the frame the kernel made. The kernel may start them up to OWN_ACTIONS - 1 steps
 * earlier. */
        .globl trap_entry, fault_entry, signal_restorer
        .rept   OWN_ACTIONS - 1
        nop
        .endr
trap_entry:
        stp     x29, x30, [sp, #-48]!
        stp     x0, x1, [sp, #16]
        str     x2, [sp, #32]
        bl      trap_signal
        b       handled
        .rept   OWN_ACTIONS - 1
        nop
        .endr
fault_entry:
        stp     x29, x30, [sp, #-48]!
        stp     x0, x1, [sp, #16]
        str     x2, [sp, #32]
        bl      fault_signal
handled:                                /* x0: a handler of the guest to go on with, or 0 */
        mov     x16, x0
        ldp     x0, x1, [sp, #16]
        ldr     x2, [sp, #32]
        ldp     x29, x30, [sp], #48
        cbz     x16, 1f
        ldr     w0, [x1]                /* the signal handed on may be another than the one caught */
        br      x16
1:      ret

signal_restorer:
        mov     x8, #139                /* rt_sigreturn */
        svc     #0
        brk     #0

/* One stub for each handler function of the guest, so that the kernel's own table, which vfork children do not
 * share, stays the truth. */
        .balign STUB_SIZE
        .globl signal_stubs, signal_common, signal_kept, signal_blocked
signal_stubs:
        .set    number, 0
        .rept   SIGNAL_STUBS
        .balign STUB_SIZE
        mov     w16, #number
        b       signal_common
        .set    number, number + 1
        .endr
        .balign STUB_SIZE
signal_common:                          /* frame_behind_stub() knows where the frame is until all is blocked */
        mov     x15, x2
signal_kept:
        address x17, signal_handlers
        ldr     x17, [x17, w16, uxtw #3]
        ldr     x9, [x2, #UC_PC]
        ldr     x10, =ENGINE_BASE
        sub     x9, x9, x10
        ldr     x10, =ENGINE_SIZE
        cmp     x9, x10
        b.lo    signal_inside
        address x10, mask_repairs
        ldr     w10, [x10]
        cbnz    w10, signal_inside
signal_runs:                            /* w16: the stub's number */
        address x10, signal_watches
        add     x10, x10, w16, uxtw
        ldrb    w9, [x10]
        cmp     w9, #SIGNAL_TRUSTED
        b.ne    signal_watch
signal_starts:
        br      x17
signal_watch:                           /* its return is to be looked at: see returns_watched() */
        ldr     x11, [x2, #UC_STACK]
        ldr     x12, [x2, #UC_STACK_SIZE]
        mov     x13, sp
        sub     x11, x13, x11
        cmp     x11, x12
        b.hs    1f
        cmp     x11, #SIGNAL_ROOM
        b.lo    signal_starts
1:      cmp     w9, #SIGNAL_TRUSTED
        b.hi    2f
        add     w9, w9, #1
        strb    w9, [x10]
2:      address x30, signal_return
        b       signal_starts
signal_inside:                          /* no other signal may come between while this one is looked at */
        stp     x29, x30, [sp, #-80]!
        stp     x0, x1, [sp, #16]
        stp     x2, x17, [sp, #32]
        str     x16, [sp, #64]
        mov     x0, #2                  /* SIG_SETMASK */
        address x1, all_signals
        add     x2, sp, #48
        mov     x3, #8
        mov     x8, #135                /* rt_sigprocmask */
        svc     #0
signal_blocked:
        ldp     x0, x1, [sp, #16]
        ldr     x2, [sp, #32]
        bl      signal_meets_engine
        cbz     w0, signal_deferred
        mov     x0, #2
        add     x1, sp, #48
        mov     x2, xzr
        mov     x3, #8
        mov     x8, #135
        svc     #0
        ldp     x2, x17, [sp, #32]
        ldp     x0, x1, [sp, #16]
        ldr     x16, [sp, #64]
        ldp     x29, x30, [sp], #80
        b       signal_runs
signal_deferred:                        /* the frame has the mask to go on with */
        ldp     x29, x30, [sp], #80
        ret
        .globl  signal_return, signal_returned
signal_return:                          /* trapped; with the bytes of signal_restorer */
        mov     x8, #139
        svc     #0
signal_returned:
        brk     #0
        .balign 8
all_signals:
        .quad   -1
        .ltorg

/* long arch_blocking(nr, arguments, slot) */
        .globl arch_blocking, blocking_begin, blocking_call, blocking_end, blocking_abort
arch_blocking:
        mov     x8, x0
        mov     x9, x1
        mov     x10, x2
        ldp     x0, x1, [x9]
        ldp     x2, x3, [x9, #16]
        ldp     x4, x5, [x9, #32]
blocking_begin:
        ldr     w11, [x10, #SLOT_PENDING]
        cbnz    w11, blocking_abort
blocking_call:
        svc     #0
blocking_end:
        ret
blocking_abort:
        mov     x0, #-512
        ret

/* Between fault_begin and fault_end a fault means a bad guest address and goes on at fault_fixup. Nothing is on
 * the stack here. */
        .globl arch_copy, arch_copy_text, fault_begin, fault_end, fault_fixup
fault_begin:
arch_copy:
        cmp     x2, #8
        b.lo    2f
        ldr     x3, [x1], #8
        str     x3, [x0], #8
        sub     x2, x2, #8
        b       arch_copy
1:      ldrb    w3, [x1], #1
        strb    w3, [x0], #1
        sub     x2, x2, #1
2:      cbnz    x2, 1b
        mov     x0, xzr
        ret
arch_copy_text:
        mov     x3, xzr
3:      cmp     x3, x2
        b.eq    4f
        ldrb    w4, [x1, x3]
        strb    w4, [x0, x3]
        cbz     w4, 5f
        add     x3, x3, #1
        b       3b
4:      mov     x3, #-36                /* -ENAMETOOLONG */
5:      mov     x0, x3
        ret
fault_end:
fault_fixup:
        mov     x0, #-14                /* -EFAULT */
        ret

/* The first instruction of the probe's guest (probe.c). */
        .section probe_guest_code, "ax", @progbits
        .globl probe_entry
probe_entry:
        mov     x0, sp
        bl      probe_guest
        brk     #0

/* A call of the kind that every program has: it is looked at for having been rewritten. */
        .globl probe_site
probe_site:
        mov     x8, #17                 /* getcwd */
        svc     #0
        ret

        .section .note.GNU-stack, "", @progbits
