/* The seccomp filter. It decides on the number first, so that calls that are never caught stay in the kernel's
 * allow bitmap (5.11 and later: no cost); instruction pointer and arguments are looked at for caught numbers only. */
#include <asm/socket.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/prctl.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/signal.h>

#include "../calls/own-descriptor.h"
#include "../engine.h"
#include "../sys/raw.h"
#include "calls.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif
#define AF_NETLINK 16
#define VFORK_FLAGS (CLONE_VM | CLONE_VFORK)
#define BIT(number) (1u << (number))
/* What threads of a program send each other is left alone: collectors, cancellation, preemption. */
#define TO_OTHERS (BIT(0) | BIT(SIGHUP) | BIT(SIGINT) | BIT(SIGQUIT) | BIT(SIGKILL) | BIT(SIGTERM))
#define SHADOW_STACK_OPTIONS 0x5000 /* ARCH_SHSTK_ENABLE and those behind it */
#define MAX_CODE 3000
#define MAX_FIXES 1000

enum target { TO_ALLOW, TO_CHECK_PC, TO_TRAP, TO_ENOSYS, TO_VERSION, TARGETS };

/* What the engine itself calls most, and so pays for most often: asked first. */
static const u16 frequent[] = {__NR_newfstatat, __NR_openat, __NR_readlinkat, __NR_statx};
static const u32 resumes[] = {PTRACE_TRACEME, PTRACE_CONT, PTRACE_SINGLESTEP, PTRACE_SYSCALL, PTRACE_ATTACH, PTRACE_SEIZE};

struct program {
    struct sock_filter code[MAX_CODE];
    unsigned length;
    struct {
        u16 at;
        u8 target;
    } fixes[MAX_FIXES];
    unsigned fix_count;
};

static void emit(struct program *p, u16 code, u8 yes, u8 no, u32 k) {
    p->code[p->length++] = (struct sock_filter){code, yes, no, k};
}

static void go(struct program *p, enum target target) {
    p->fixes[p->fix_count].at = (u16)p->length;
    p->fixes[p->fix_count++].target = (u8)target;
    emit(p, BPF_JMP | BPF_JA, 0, 0, 0);
}

static void load(struct program *p, unsigned offset) {
    emit(p, BPF_LD | BPF_W | BPF_ABS, 0, 0, offset);
}

static unsigned argument(unsigned index, bool high) {
    return (unsigned)offsetof(struct seccomp_data, args) + index * 8 + (high ? 4 : 0);
}

static void unless_equal_go(struct program *p, u32 value, enum target target) {
    emit(p, BPF_JMP | BPF_JEQ, 1, 0, value);
    go(p, target);
}

static void if_equal_go(struct program *p, u32 value, enum target target) {
    emit(p, BPF_JMP | BPF_JEQ, 0, 1, value);
    go(p, target);
}

/* Go to CHECK_PC where the 64-bit argument is not 0; fall through else. */
static void if_set_check(struct program *p, unsigned index) {
    load(p, argument(index, false));
    unless_equal_go(p, 0, TO_CHECK_PC);
    load(p, argument(index, true));
    unless_equal_go(p, 0, TO_CHECK_PC);
}

/* Options of prctl that are caught always, and those caught under emulation only. */
static const u16 prctl_always[] = {PR_SET_SECCOMP, PR_GET_SECCOMP, PR_SET_MM, PR_SET_SYSCALL_USER_DISPATCH};
static const u16 prctl_ids[] = {PR_CAPBSET_READ, PR_CAPBSET_DROP, PR_GET_SECUREBITS, PR_SET_SECUREBITS, PR_GET_KEEPCAPS,
                                PR_SET_KEEPCAPS, PR_GET_NO_NEW_PRIVS, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT, PR_SET_DUMPABLE};

bool prctl_about_ids(u32 option) {
    for (unsigned i = 0; i < ARRAY_LENGTH(prctl_ids); i++)
        if (prctl_ids[i] == option) return true;
    return false;
}

static bool prctl_is_caught(u32 option, bool emulated) {
    for (unsigned i = 0; i < ARRAY_LENGTH(prctl_always); i++)
        if (prctl_always[i] == option) return true;
    return emulated && prctl_about_ids(option);
}

static void emit_prctl(struct program *p, bool emulated) {
    load(p, argument(0, false));
    for (unsigned i = 0; i < ARRAY_LENGTH(prctl_always); i++) if_equal_go(p, prctl_always[i], TO_CHECK_PC);
    for (unsigned i = 0; emulated && i < ARRAY_LENGTH(prctl_ids); i++) if_equal_go(p, prctl_ids[i], TO_CHECK_PC);
    go(p, TO_ALLOW);
}

static void emit_own(struct program *p, const struct call_row *row) {
    for (unsigned i = 0; i <= row->tested; i++) {
        load(p, argument(i, false));
        emit(p, BPF_JMP | BPF_JGE, 0, 2, (u32)engine.root_descriptors);
        emit(p, BPF_JMP | BPF_JGE, 1, 0, (u32)engine.root_descriptors + ROOT_DESCRIPTORS);
        go(p, TO_CHECK_PC);
    }
    go(p, TO_ALLOW);
}

static void emit_row(struct program *p, const struct call_row *row, bool emulated) {
    switch (row->when) {
    case REFUSED:
        go(p, TO_ENOSYS);
        return;
    case EMULATED_OR_OWN:
        if (emulated) go(p, TO_CHECK_PC);
        else emit_own(p, row);
        return;
    case OWN_DESCRIPTOR:
        emit_own(p, row);
        return;
    case ARGUMENT_SET:
        if_set_check(p, row->tested);
        go(p, TO_ALLOW);
        return;
    case OTHER_PROCESS:
        load(p, argument(row->tested, false));
        unless_equal_go(p, 0, TO_CHECK_PC);
        go(p, TO_ALLOW);
        return;
    case PRCTL:
        emit_prctl(p, emulated);
        return;
    case PEER_IDS:
        load(p, argument(1, false));
        unless_equal_go(p, SOL_SOCKET, TO_ALLOW);
        load(p, argument(2, false));
        if_equal_go(p, SO_PEERCRED, TO_CHECK_PC);
        if_equal_go(p, SO_PEERGROUPS, TO_CHECK_PC);
        go(p, TO_ALLOW);
        return;
    case SHADOW_STACK:
        load(p, argument(0, false));
        emit(p, BPF_ALU | BPF_AND, 0, 0, 0xfffff000);
        if_equal_go(p, SHADOW_STACK_OPTIONS, TO_CHECK_PC);
        go(p, TO_ALLOW);
        return;
    case AUDIT_SOCKET:
        load(p, argument(0, false));
        unless_equal_go(p, AF_NETLINK, TO_ALLOW);
        load(p, argument(2, false));
        if_equal_go(p, NETLINK_AUDIT, TO_CHECK_PC);
        go(p, TO_ALLOW);
        return;
    case SOME_SIGNAL:
        load(p, argument(row->tested, false));
        emit(p, BPF_JMP | BPF_JGE, 0, 1, 32);
        go(p, TO_ALLOW);
        emit(p, BPF_MISC | BPF_TAX, 0, 0, 0);
        emit(p, BPF_LD | BPF_IMM, 0, 0, TO_OTHERS);
        emit(p, BPF_ALU | BPF_RSH | BPF_X, 0, 0, 0);
        emit(p, BPF_JMP | BPF_JSET, 0, 1, 1);
        go(p, TO_CHECK_PC);
        go(p, TO_ALLOW);
        return;
    case CHILD:
    case NAMESPACES:
        load(p, argument(0, false));
        emit(p, BPF_JMP | BPF_JSET, 0, 1, CLONE_NAMESPACES);
        go(p, TO_CHECK_PC);
        if (row->when == CHILD) {
            emit(p, BPF_ALU | BPF_AND, 0, 0, VFORK_FLAGS);
            unless_equal_go(p, VFORK_FLAGS, TO_ALLOW);
            if_set_check(p, 1);
        }
        go(p, TO_ALLOW);
        return;
    case HANDLER_END:
        load(p, offsetof(struct seccomp_data, instruction_pointer));
        unless_equal_go(p, (u32)(u64)signal_returned, TO_ALLOW);
        load(p, offsetof(struct seccomp_data, instruction_pointer) + 4);
        if_equal_go(p, (u32)(ENGINE_BASE >> 32), TO_TRAP);
        go(p, TO_ALLOW);
        return;
    case RESUMES:
        load(p, argument(0, false));
        for (unsigned i = 0; i < ARRAY_LENGTH(resumes); i++) if_equal_go(p, resumes[i], TO_CHECK_PC);
        go(p, TO_ALLOW);
        return;
    default:
        go(p, TO_CHECK_PC);
    }
}

static bool names_own(const struct call_row *row, const u64 a[6]) {
    for (unsigned i = 0; i <= row->tested; i++)
        if (descriptor_is_own(a[i])) return true;
    return false;
}

bool call_is_caught(const struct call_row *row, const u64 a[6], bool emulated) {
    switch (row->when) {
    case EMULATED: return emulated;
    case DESCRIPTOR_CHANGE: return emulated || engine.mounts.any_read_only;
    case OWN_DESCRIPTOR: return names_own(row, a);
    case EMULATED_OR_OWN: return emulated || names_own(row, a);
    case ARGUMENT_SET: return a[row->tested] != 0;
    case OTHER_PROCESS: return emulated && (u32)a[row->tested];
    case SHADOW_STACK: return ((u32)a[0] & 0xfffff000) == SHADOW_STACK_OPTIONS;
    case PRCTL: return prctl_is_caught((u32)a[0], emulated);
    case PEER_IDS: return emulated && (u32)a[1] == SOL_SOCKET && ((u32)a[2] == SO_PEERCRED || (u32)a[2] == SO_PEERGROUPS);
    case AUDIT_SOCKET: return emulated && (u32)a[0] == AF_NETLINK && (u32)a[2] == NETLINK_AUDIT;
    case SOME_SIGNAL: return emulated && (u32)a[row->tested] < 32 && (TO_OTHERS >> (u32)a[row->tested] & 1);
    case HANDLER_END: return false;
    case CHILD:
        if ((a[0] & VFORK_FLAGS) == VFORK_FLAGS && a[1]) return true;
        return (a[0] & CLONE_NAMESPACES) != 0;
    case NAMESPACES: return (a[0] & CLONE_NAMESPACES) != 0;
    case RESUMES:
        for (unsigned i = 0; i < ARRAY_LENGTH(resumes); i++)
            if ((u32)a[0] == resumes[i]) return true;
        return false;
    default: return true;
    }
}

/* A binary search over rows first..last-1, which are in order of their numbers. */
static void emit_search(struct program *p, const u16 *order, unsigned first, unsigned last, bool emulated) {
    if (first == last) {
        go(p, TO_ALLOW);
        return;
    }
    if (last - first == 1) {
        const struct call_row *row = &call_rows[order[first]];
        emit(p, BPF_JMP | BPF_JEQ, 1, 0, row->number);
        go(p, TO_ALLOW);
        emit_row(p, row, emulated);
        return;
    }
    unsigned middle = (first + last) / 2;
    emit(p, BPF_JMP | BPF_JGE, 0, 1, call_rows[order[middle]].number);
    unsigned jump = p->length;
    emit(p, BPF_JMP | BPF_JA, 0, 0, 0);
    emit_search(p, order, first, middle, emulated);
    p->code[jump].k = p->length - jump - 1;
    emit_search(p, order, middle, last, emulated);
}

/* Can it ever have to be caught in this container? */
static bool is_needed(u8 when, bool emulated) {
    switch (when) {
    case EMULATED:
    case PEER_IDS:
    case AUDIT_SOCKET:
    case SOME_SIGNAL:
    case OTHER_PROCESS: return emulated;
    case DESCRIPTOR_CHANGE: return emulated || engine.mounts.any_read_only;
    case OWN_DESCRIPTOR: return engine.root_descriptors;
    case EMULATED_OR_OWN: return emulated || engine.root_descriptors;
    default: return true;
    }
}

static unsigned sort_rows(u16 *order, bool emulated) {
    unsigned count = 0;
    for (unsigned i = 0; i < call_row_count; i++) {
        if (!is_needed(call_rows[i].when, emulated)) continue;
        unsigned at = count++;
        for (; at && call_rows[order[at - 1]].number > call_rows[i].number; at--) order[at] = order[at - 1];
        order[at] = (u16)i;
    }
    return count;
}

static void build(struct program *p, bool emulated) {
    static u16 order[MAX_FIXES];
    unsigned at[TARGETS];
    unsigned count = sort_rows(order, emulated);
    load(p, offsetof(struct seccomp_data, arch));
    unless_equal_go(p, ARCH_AUDIT, TO_ENOSYS);
    load(p, offsetof(struct seccomp_data, nr));
    for (unsigned i = 0; i < ARRAY_LENGTH(frequent); i++) if_equal_go(p, frequent[i], TO_CHECK_PC);
    emit(p, BPF_JMP | BPF_JGE, 0, 5, CALL_UNKNOWN);
    if_equal_go(p, CALL_FINISH, TO_TRAP);
    if_equal_go(p, CALL_VERSION, TO_VERSION);
    go(p, TO_CHECK_PC);
    emit_search(p, order, 0, count, emulated);

    at[TO_CHECK_PC] = p->length;
    load(p, offsetof(struct seccomp_data, instruction_pointer) + 4);
    emit(p, BPF_JMP | BPF_JEQ, 0, 3, (u32)(ENGINE_BASE >> 32));
    load(p, offsetof(struct seccomp_data, instruction_pointer));
    emit(p, BPF_JMP | BPF_JGE, 1, 0, (u32)(ENGINE_BASE & 0xffffffff) + ENGINE_SIZE);
    emit(p, BPF_JMP | BPF_JGE, 1, 0, (u32)(ENGINE_BASE & 0xffffffff));
    at[TO_TRAP] = p->length;
    emit(p, BPF_RET, 0, 0, SECCOMP_RET_TRAP);
    at[TO_ALLOW] = p->length;
    emit(p, BPF_RET, 0, 0, SECCOMP_RET_ALLOW);
    at[TO_ENOSYS] = p->length;
    emit(p, BPF_RET, 0, 0, SECCOMP_RET_ERRNO | ENOSYS);
    at[TO_VERSION] = p->length;
    emit(p, BPF_RET, 0, 0, SECCOMP_RET_ERRNO | (emulated ? ENGINE_EMULATES : ENGINE_ERRNO));
    for (unsigned i = 0; i < p->fix_count; i++)
        p->code[p->fixes[i].at].k = at[p->fixes[i].target] - p->fixes[i].at - 1u;
}

long filter_install(bool emulated) {
    static struct program program;
    build(&program, emulated);
    if (program.length > MAX_CODE || program.fix_count > MAX_FIXES) return -E2BIG;
    struct sock_fprog prog = {(unsigned short)program.length, program.code};
    long r = sys(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1);
    if (r < 0) return r;
    r = sys(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &prog);
    if (r == -EINVAL) r = sys(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog); /* before Linux 4.17 */
    return r;
}
