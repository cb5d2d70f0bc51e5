/* x86-64 assembly: process start, the way into and out of a caught call, signal stubs, guarded copies. */
#include "offsets.h"

        .text

/* The kernel jumps here after execve: argc, argv, environment and auxiliary vector lie on the stack. */
        .globl engine_start
engine_start:
        xor     %ebp, %ebp
        mov     %rsp, %rdi
        and     $-16, %rsp
        call    engine_main
        ud2

        .globl arch_jump
arch_jump:
        mov     %rsi, %rsp
        mov     %rdi, %rcx
        xor     %eax, %eax
        xor     %ebx, %ebx
        xor     %edx, %edx              /* rdx is a function for atexit: none */
        xor     %esi, %esi
        xor     %edi, %edi
        xor     %ebp, %ebp
        xor     %r8d, %r8d
        xor     %r9d, %r9d
        xor     %r10d, %r10d
        xor     %r11d, %r11d
        xor     %r12d, %r12d
        xor     %r13d, %r13d
        xor     %r14d, %r14d
        xor     %r15d, %r15d
        jmp     *%rcx

/* rdi: slot, rsp: the top of its stack, 16-byte aligned. */
        .globl enter, exit_begin, exit_slow, exit_release, exit_released
enter:
        mov     %rdi, %rbx
        call    dispatch
exit_begin:
        cmpq    $0, SLOT_PENDING(%rbx)          /* and SLOT_SLOW behind it */
        jne     exit_slow
        mov     %rbx, %r11
        mov     REGS_FLAGS(%r11), %eax          /* the arithmetic ones: popf takes as long as ten loads */
        test    $0x400, %eax
        jne     exit_backwards
        mov     %eax, %ecx
        mov     %al, %ah
        shr     $11, %ecx
        and     $1, %ecx
        add     $0x7f, %cl                      /* sets OF where that was set */
        sahf                                    /* and SF, ZF, AF, PF, CF */
exit_flags_set:
        mov     REGS_R15(%r11), %r15
        mov     REGS_R14(%r11), %r14
        mov     REGS_R13(%r11), %r13
        mov     REGS_R12(%r11), %r12
        mov     REGS_RBP(%r11), %rbp
        mov     REGS_RBX(%r11), %rbx
        mov     REGS_R10(%r11), %r10
        mov     REGS_R9(%r11), %r9
        mov     REGS_R8(%r11), %r8
        mov     REGS_RAX(%r11), %rax
        mov     REGS_RDX(%r11), %rdx
        mov     REGS_RSI(%r11), %rsi
        mov     REGS_RDI(%r11), %rdi
        mov     REGS_RIP(%r11), %rcx
        mov     REGS_RSP(%r11), %rsp
exit_release:                           /* the stack is the guest's again, the slot is still ours */
        movl    $0, SLOT_BUSY(%r11)
exit_released:                          /* like a real system call: rcx is the return address */
        jmp     *%rcx

exit_backwards:                         /* DF is set. TF is a tracer's, who sets it anew as long as it wants it */
        and     $~0x100, %eax
        pushq   %rax
        popfq
        jmp     exit_flags_set

/* A signal waits for the end of the call and is put back into the kernel's queue, or the guest's alternate stack is to be
 * given back: resume by way of SIGSYS, whose return restores registers, vector state, signal mask and that at once. */
exit_slow:
        mov     %rsp, %rbx
        or      $(SLOT_SIZE - 1), %rbx
        sub     $(SLOT_HEAD - 1), %rbx  /* the stack may have a pushed word: find the slot anew */
        mov     %rbx, %rdi
        lea     -128(%rbx), %rsp
        call    finish_always
        mov     %rbx, %rdi
        mov     REGS_RSP(%rbx), %rsp
        mov     $CALL_FINISH, %eax
        syscall
        ud2

/* The hook: rewritten sites come here. rcx: the address behind the syscall instruction they stand for; r11 is free;
 * flags, all other registers and the stack are the guest's and must stay so. Where no slot is free, or the guest may be
 * on its alternate stack (stack_marks), the syscall instruction itself is run, and trapped. hook_rewind() knows this
 * code: a signal that comes in before the slot's stack is in use finds the guest at its syscall instruction. */
        .macro  hashed                          /* rcx: the start of this thread's slot */
        rdfsbase %rcx
        pext    hash_from(%rip), %rcx, %rcx
        lea     SLOT_HASH_ONES(%rcx), %rcx
        pdep    hash_to(%rip), %rcx, %rcx
        .endm

        .globl  hook_begin, hook_plain, hook_entered, hook_tried, hook_hashed, hook_probes, hook_probe_tried
        .globl  hook_probe_taken, hook_refuse, hook_taken, hook_running
        .balign 8
hash_from: .quad SLOT_HASH_FROM
hash_to:   .quad SLOT_HASH_TO
mark_from: .quad (STACK_MARKS - 1) << 12
mark_at:   .quad stack_marks + STACK_MARKS - 1
        .balign 64
hook_begin:
        mov     %rcx, %r11
hook_entered:
        pext    mark_from(%rip), %rsp, %rcx
        lea     -STACK_MARKS(%rcx), %rcx
        pdep    mark_at(%rip), %rcx, %rcx
        movzbl  (%rcx), %ecx
        jrcxz   hook_unmarked
        jmp     hook_refuse
hook_unmarked:
        hashed
        xchg    %ecx, SLOT_OFFSET + SLOT_BUSY(%rcx)            /* takes what is not 0, gives what was there */
hook_tried:
        jrcxz   hook_hashed
        jmp     hook_probes
hook_hashed:
        hashed
        lea     SLOT_OFFSET(%rcx), %rcx
hook_taken:
        mov     %r11, REGS_RIP(%rcx)
        movq    $0, SLOT_PENDING(%rcx)
        movl    $0, SLOT_MASK_WAIT(%rcx)
        mov     %rsp, REGS_RSP(%rcx)
        lea     -128(%rcx), %rsp
hook_running:
        pushfq
        cld
        mov     %r15, REGS_R15(%rcx)
        mov     %r14, REGS_R14(%rcx)
        mov     %r13, REGS_R13(%rcx)
        mov     %r12, REGS_R12(%rcx)
        mov     %rbp, REGS_RBP(%rcx)
        mov     %rbx, REGS_RBX(%rcx)
        mov     %r10, REGS_R10(%rcx)
        mov     %r9, REGS_R9(%rcx)
        mov     %r8, REGS_R8(%rcx)
        mov     %rax, REGS_RAX(%rcx)
        mov     %rdx, REGS_RDX(%rcx)
        mov     %rsi, REGS_RSI(%rcx)
        mov     %rdi, REGS_RDI(%rcx)
        popq    REGS_FLAGS(%rcx)
        mov     %rcx, %rdi
        mov     %rcx, %rbx
        call    dispatch_hooked
        jmp     exit_begin

        .balign HOOK_PROBE_SIZE
hook_probes:
        .set    number, 0
        .rept   HOOK_PROBES
        .balign HOOK_PROBE_SIZE
        lea     slots + number * SLOT_SIZE(%rip), %rcx
        xchg    %ecx, SLOT_OFFSET + SLOT_BUSY(%rcx)
        .if number == 0
hook_probe_tried:
        .endif
        jrcxz   1f
        jmp     2f
1:
        .if number == 0
hook_probe_taken:
        .endif
        lea     slots + number * SLOT_SIZE + SLOT_OFFSET(%rip), %rcx
        jmp     hook_taken
2:
        .set    number, number + 1
        .endr
hook_refuse:
        lea     -2(%r11), %rcx
        jmp     *%rcx

/* As hook_begin, for CPUs and kernels that cannot hash so. */
hook_plain:
        mov     %rcx, %r11
hook_plain_entered:
        mov     stack_marked(%rip), %ecx
        jrcxz   hook_plain_unmarked
        jmp     hook_refuse
hook_plain_unmarked:
        jmp     hook_probes
hook_plain_end:
        .globl  hook_plain_end

/* SIGSYS and faults: handlers in C on the frame the kernel made. The kernel may start them up to OWN_ACTIONS - 1 steps
 * earlier. */
        .globl trap_entry, fault_entry, signal_restorer
        .rept   OWN_ACTIONS - 1
        nop
        .endr
trap_entry:
        push    %rdi
        push    %rsi
        push    %rdx
        call    trap_signal
        jmp     handled

        .rept   OWN_ACTIONS - 1
        nop
        .endr
fault_entry:
        push    %rdi
        push    %rsi
        push    %rdx
        call    fault_signal
handled:                                /* rax: a handler of the guest to go on with, or 0 */
        pop     %rdx
        pop     %rsi
        pop     %rdi
        test    %rax, %rax
        jne     call_guest
        ret
call_guest:                             /* the signal handed on may be another than the one caught */
        mov     (%rsi), %edi
        jmp     *%rax

signal_restorer:                        /* with the bytes by which unwinders know the frame of a signal */
        .byte   0x48, 0xc7, 0xc0, 15, 0, 0, 0   /* mov $15,%rax: rt_sigreturn */
        syscall
        ud2

/* One stub for each handler function of the guest, so that the kernel's own table, which vfork children do not
 * share, stays the truth. */
        .section .text.stubs, "ax", @progbits
        .balign STUB_SIZE
        .globl signal_stubs, signal_common, signal_kept, signal_blocked
signal_stubs:
        .set    number, 0
        .rept   SIGNAL_STUBS
        .balign STUB_SIZE
        mov     $number, %eax
        jmp     signal_common
        .set    number, number + 1
        .endr
        .balign STUB_SIZE
signal_common:                          /* frame_behind_stub() knows where the frame is until all is blocked */
        mov     %rdx, %r9
signal_kept:
        lea     signal_handlers(%rip), %r10
        mov     (%r10,%rax,8), %r10
        mov     UC_RIP(%rdx), %rcx
        movabs  $ENGINE_BASE, %r8
        sub     %r8, %rcx
        cmp     $ENGINE_SIZE, %rcx
        jb      signal_inside
        cmpl    $0, mask_repairs(%rip)
        jne     signal_inside
        cmpl    $0, signals_look(%rip)
        jne     signal_outside
        mov     %rsp, %rcx
        sub     UC_STACK(%rdx), %rcx
        cmp     UC_STACK_SIZE(%rdx), %rcx
        jb      signal_outside          /* on the alternate stack */
signal_runs:                            /* rax: the stub's number */
        lea     signal_watches(%rip), %rcx
        cmpb    $SIGNAL_TRUSTED, (%rcx,%rax)
        jne     signal_watch
signal_starts:
        xor     %eax, %eax
        jmp     *%r10
signal_inside:                          /* no other signal may come between while this one is looked at */
        push    %rdi
        push    %rsi
        push    %rdx
        push    %r10
        push    %rax
        sub     $16, %rsp               /* the mask */
        mov     $2, %edi                /* SIG_SETMASK */
        lea     all_signals(%rip), %rsi
        mov     %rsp, %rdx
        mov     $8, %r10d
        mov     $14, %eax               /* rt_sigprocmask */
        syscall
signal_blocked:
        mov     32(%rsp), %rdx
        mov     40(%rsp), %rsi
        mov     48(%rsp), %rdi
        call    signal_meets_engine
        test    %eax, %eax
        je      signal_deferred
        mov     $2, %edi
        mov     %rsp, %rsi
        xor     %edx, %edx
        mov     $8, %r10d
        mov     $14, %eax
        syscall
        add     $16, %rsp
signal_looked:
        pop     %rax
        pop     %r10
        pop     %rdx
        pop     %rsi
        pop     %rdi
        jmp     signal_runs
signal_outside:
        push    %rdi
        push    %rsi
        push    %rdx
        push    %r10
        push    %rax
        mov     %rdx, %rdi
        call    signal_meets_guest
        jmp     signal_looked
signal_watch:                           /* its return is to be looked at: see returns_watched() */
        mov     %rsp, %r8
        sub     UC_STACK(%rdx), %r8
        cmp     UC_STACK_SIZE(%rdx), %r8
        jae     1f
        cmp     $SIGNAL_ROOM, %r8
        jb      signal_starts
1:      cmpb    $SIGNAL_TRUSTED, (%rcx,%rax)
        ja      2f
        incb    (%rcx,%rax)
2:      lea     signal_return(%rip), %rcx
        mov     %rcx, -8(%rdx)
        jmp     signal_starts
signal_deferred:                        /* the frame has the mask to go on with */
        add     $56, %rsp
        ret
        .globl  signal_return, signal_returned
signal_return:                          /* trapped; with the bytes of signal_restorer */
        .byte   0x48, 0xc7, 0xc0, 15, 0, 0, 0
        syscall
signal_returned:
        ud2
        .balign 8
all_signals:
        .quad   -1

        .text
/* long arch_blocking(nr, arguments, slot) */
        .globl arch_blocking, blocking_begin, blocking_call, blocking_end, blocking_abort
arch_blocking:
        push    %rbx
        mov     %rdi, %rax
        mov     %rdx, %rbx
        mov     %rsi, %r11
        mov     (%r11), %rdi
        mov     8(%r11), %rsi
        mov     16(%r11), %rdx
        mov     24(%r11), %r10
        mov     32(%r11), %r8
        mov     40(%r11), %r9
blocking_begin:
        cmpl    $0, SLOT_PENDING(%rbx)
        jne     blocking_abort
blocking_call:
        syscall
blocking_end:
        pop     %rbx
        ret
blocking_abort:
        mov     $-512, %rax
        pop     %rbx
        ret

/* Between fault_begin and fault_end a fault means a bad guest address and goes on at fault_fixup. Nothing is on
 * the stack here but the return address. */
        .globl arch_copy, arch_copy_text, fault_begin, fault_end, fault_fixup
arch_copy:
        mov     %rdx, %rcx
fault_begin:
        rep movsb
        xor     %eax, %eax
        ret
arch_copy_text:                         /* eight bytes at a time where that is safe: not across pages */
        xor     %eax, %eax
        movabs  $0x0101010101010101, %r8
        mov     %r8, %r9
        shl     $7, %r9
1:      lea     8(%rax), %rcx
        cmp     %rdx, %rcx
        ja      4f
        lea     (%rsi,%rax), %ecx
        and     $0xfff, %ecx
        cmp     $0xff8, %ecx
        ja      4f
        mov     (%rsi,%rax), %r10
        mov     %r10, (%rdi,%rax)
        mov     %r10, %rcx
        sub     %r8, %rcx
        not     %r10
        and     %r10, %rcx
        and     %r9, %rcx               /* the lowest bit set is that of the first NUL */
        jne     5f
        add     $8, %rax
        jmp     1b
4:      cmp     %rdx, %rax
        je      2f
        movzbl  (%rsi,%rax), %ecx
        mov     %cl, (%rdi,%rax)
        test    %cl, %cl
        je      3f
        inc     %rax
        jmp     1b
2:      mov     $-36, %rax              /* -ENAMETOOLONG */
3:      ret
5:      bsf     %rcx, %rcx
        shr     $3, %ecx
        add     %rcx, %rax
        ret
fault_end:
fault_fixup:
        mov     $-14, %rax              /* -EFAULT */
        ret

/* The first instruction of the probe's guest (probe.c). */
        .section probe_guest_code, "ax", @progbits
        .globl probe_entry
probe_entry:
        mov     %rsp, %rdi
        and     $-16, %rsp
        call    probe_guest
        ud2

/* A call of the kind that every program has: it is looked at for having been rewritten. */
        .globl probe_site
probe_site:
        mov     $79, %eax               /* getcwd */
        syscall
        ret

        .section .note.GNU-stack, "", @progbits
