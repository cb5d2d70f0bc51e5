/* The table of caught system calls, made from syscalls.def, and what a handler is given. */
#ifndef TRAP_CALLS_H
#define TRAP_CALLS_H
#include "slots.h"

struct call;
typedef long call_handler(struct call *call);

/* When a call is caught. The filter and, for rewritten sites, the hook test the same. */
enum call_when {
    ALWAYS,
    EMULATED,      /* only under emulated root */
    DESCRIPTOR_CHANGE, /* under emulated root, and where a read-only mount may have given out the descriptor */
    OWN_DESCRIPTOR, /* one of the arguments up to `tested` is a descriptor of the engine's own: see calls/own-descriptor.h */
    EMULATED_OR_OWN, /* under emulated root, and else as OWN_DESCRIPTOR */
    ARGUMENT_SET,  /* where the argument `tested` is not 0 */
    PRCTL,         /* options that concern the engine, and under emulation those that concern ids */
    PEER_IDS,      /* getsockopt: who is at the other end of a unix socket; only under emulation */
    SHADOW_STACK,  /* arch_prctl: options of shadow stacks */
    AUDIT_SOCKET,  /* socket: one to the kernel's audit system; only under emulation */
    SOME_SIGNAL,   /* the argument `tested` is 0, or a signal that threads do not send each other; only under emulation */
    OTHER_PROCESS, /* the argument `tested`, a number of a process, is not 0; only under emulation */
    NAMESPACES,    /* unshare: flags that ask for new namespaces */
    CHILD,         /* clone: the same flags; a child that shares memory with a parent who waits, on a stack of its own */
    RESUMES,       /* ptrace: PTRACE_TRACEME, what makes a tracee and what resumes it */
    HANDLER_END,   /* rt_sigreturn at signal_return: see trap/signal.c */
    REFUSED,       /* answered ENOSYS by the filter itself */
};

struct path_argument {
    signed char directory; /* index of the directory descriptor, -1: none */
    signed char path;      /* index of the path, -1: no such path argument */
    signed char flags;     /* index of AT_ flags that change how the last name is treated, -1: none */
    u8 how;                /* PATH_ bits, see path.h */
};

struct call_row {
    u16 number;
    u8 when;
    u8 tested;
    call_handler *handler;
    struct path_argument paths[2];
};

struct call {
    long number;
    u64 a[6];
    const struct call_row *row;
    struct slot *slot;
};

extern const struct call_row call_rows[];
extern const unsigned call_row_count;
#define CALLS_DIRECT 512 /* numbers below this are looked up in one step */
extern const u8 call_row_index[CALLS_DIRECT]; /* behind the row's, 0: none */

static inline const struct call_row *call_row_of(long number) {
    if (number < 0 || number >= CALLS_DIRECT || !call_row_index[number]) return NULL;
    return &call_rows[call_row_index[number] - 1];
}

/* Must this call, with these arguments, be handled by the engine? Repeats what the filter decides. */
bool call_is_caught(const struct call_row *row, const u64 a[6], bool emulated);
/* Is this option of prctl one of ids_prctl()? */
bool prctl_about_ids(u32 option);
/* Flags of clone and unshare; of <linux/sched.h>. */
#define CLONE_NAMESPACES                                                                                        \
    (CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWCGROUP)
/* Build and install the filter. */
long filter_install(bool emulated);

/* Run the call as it stands in `call`, for calls that may wait: a signal may end it. */
static inline long call_run(struct call *call) {
    return arch_blocking(call->number, call->a, call->slot);
}

#endif
