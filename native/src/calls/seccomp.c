/* A guest's own seccomp filter is installed, with a preface that lets the engine's calls through. Where it and the
 * engine's filter disagree on a call that the engine catches, the kernel takes killing first, then the engine's trap:
 * a path call that the guest's filter would answer with an errno or its own SIGSYS is done. All other calls obey it. */
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>

#include "../sys/raw.h"
#include "../sys/text.h"
#include "handlers.h"
#include "ids.h"

#define PREFACE 7
#define OFFSET_PC offsetof(struct seccomp_data, instruction_pointer)

static bool installed; /* changing: what PR_GET_SECCOMP tells */

static const struct sock_filter preface[PREFACE] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, OFFSET_PC + 4),
    BPF_JUMP(BPF_JMP | BPF_JEQ, (u32)(ENGINE_BASE >> 32), 0, 4),
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, OFFSET_PC),
    BPF_JUMP(BPF_JMP | BPF_JGE, (u32)(ENGINE_BASE & 0xffffffff) + ENGINE_SIZE, 2, 0),
    BPF_JUMP(BPF_JMP | BPF_JGE, (u32)(ENGINE_BASE & 0xffffffff), 0, 1),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    BPF_STMT(BPF_LD | BPF_IMM, 0), /* a filter begins with an empty accumulator */
};

static long install(u64 flags, u64 program_at) {
    struct sock_fprog program;
    struct sock_filter code[BPF_MAXINSNS];
    long r = arch_copy(&program, (const void *)program_at, sizeof(program));
    if (r < 0) return r;
    if (!program.len || program.len > BPF_MAXINSNS) return -EINVAL;
    if (program.len > BPF_MAXINSNS - PREFACE) return -ENOMEM;
    memcpy(code, preface, sizeof(preface));
    r = arch_copy(code + PREFACE, program.filter, program.len * sizeof(*code));
    if (r < 0) return r;
    program.len = (unsigned short)(program.len + PREFACE);
    program.filter = code;
    r = sys(__NR_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
    if (r >= 0) installed = true;
    return r;
}

long call_seccomp(struct call *call) {
    if (call->a[0] == SECCOMP_SET_MODE_FILTER) return install(call->a[1], call->a[2]);
    return call_run(call); /* strict mode: EINVAL, a filter is there; or a question */
}

long call_prctl(struct call *call) {
    switch ((int)call->a[0]) {
    case PR_GET_SECCOMP: return installed ? SECCOMP_MODE_FILTER : SECCOMP_MODE_DISABLED;
    case PR_SET_SECCOMP:
        return call->a[1] == SECCOMP_MODE_FILTER ? install(0, call->a[2]) : call_run(call);
    case PR_SET_SYSCALL_USER_DISPATCH: return -EINVAL; /* it would catch the engine's calls too */
    case PR_SET_DUMPABLE: {
        long r = call_run(call);
        if (r == 0) own_ids.hidden = call->a[1] != 1;
        return r;
    }
    default: return prctl_about_ids((u32)call->a[0]) ? ids_prctl(call->a) : call_run(call);
    }
}
