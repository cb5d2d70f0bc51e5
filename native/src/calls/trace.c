/* Debuggers inside. A traced guest stops at each SIGSYS that is only the engine's way to catch a call, and at an exec
 * while its image is still the engine's. The tracer's wait4 passes over the former, and for the latter lets the tracee
 * go on to where its program stands ready; a single step that enters the engine ends where it leaves it. What
 * PTRACE_SYSCALL shows is what the kernel is asked, the engine's calls included. */
#include <linux/ptrace.h>
#include <linux/uio.h>
#include <linux/wait.h>

#include "../exec/exec.h"
#include "../sys/raw.h"
#include "../trap/rewrite.h"
#include "handlers.h"

#define TRACEES 256
#define SECCOMP_STOP 1 /* SYS_SECCOMP */
#define SYSCALL_STOP (SIGTRAP | 0x80) /* with PTRACE_O_TRACESYSGOOD */
#define MOST_STEPS 1000000
#define NOTE_REGISTERS 1 /* NT_PRSTATUS */

/* How each tracee was last resumed; a lost entry means PTRACE_CONT. */
static struct {
    u32 pid, request;
    bool exec_ending; /* the next stop of PTRACE_SYSCALL is one too many, see pass_exec() */
} tracees[TRACEES];

static bool is_stop(int status) { return (status & 0xff) == 0x7f; }
static int stop_signal(int status) { return status >> 8 & 0xff; }
static int stop_event(int status) { return status >> 16; }

static void note_request(u32 pid, u32 request) {
    if (tracees[pid % TRACEES].pid != pid) tracees[pid % TRACEES].exec_ending = false;
    tracees[pid % TRACEES].pid = pid;
    tracees[pid % TRACEES].request = request;
}

static u32 last_request(u32 pid) {
    return tracees[pid % TRACEES].pid == pid ? tracees[pid % TRACEES].request : PTRACE_CONT;
}

/* Debuggers start programs with vfork, PTRACE_TRACEME, exec: were tracing to begin at once, the SIGSYS of the exec
 * would stop a child whose tracer waits for that exec. It begins when the program stands ready, so that nothing has to
 * be passed over by a tracer which may wait in one thread and trace in another (Delve). */
long call_ptrace(struct call *call) {
    u32 request = (u32)call->a[0];
    if (request == PTRACE_ATTACH || request == PTRACE_SEIZE) return trace_permitted(call->a[1]) ? call_run(call) : -EPERM;
    if (request != PTRACE_TRACEME) {
        note_request((u32)call->a[1], request);
        return call_run(call);
    }
    if (!slots_borrowed()) return call_run(call);
    trace_me_deferred = (u32)sys(__NR_gettid);
    return 0;
}

static bool in_engine(u64 pc) { return pc - ENGINE_BASE < ENGINE_SIZE; }

static u64 traced_pc(long pid) {
    struct traced_regs regs;
    struct iovec part = {&regs, sizeof(regs)};
    return sys(__NR_ptrace, PTRACE_GETREGSET, pid, NOTE_REGISTERS, &part) < 0 ? 0 : traced_regs_pc(&regs);
}

/* Resume and wait for the next stop or end of this one tracee. */
static long resume_and_wait(long pid, u32 request, int number, int *status) {
    long r = sys(__NR_ptrace, request, pid, 0, number);
    if (r < 0) return r;
    do r = sys(__NR_wait4, pid, status, __WALL, 0);
    while (r == -EINTR);
    return r;
}

/* Stopped at the engine's first instruction: go on to its last. The tracee tells by a SIGTRAP (exec/resume.c), and
 * makes one more call behind it: one that follows system calls by counting stops awaits the end of the exec, gets to
 * see the end of that call, and must not see its beginning. */
static void pass_exec(long pid, int *status) {
    int now, number = 0;
    if (sys(__NR_ptrace, PTRACE_POKEDATA, pid, &stop_before_program, 1) < 0) return;
    while (resume_and_wait(pid, PTRACE_CONT, number, &now) == pid) {
        if (!is_stop(now)) {
            *status = now;
            return;
        }
        number = stop_event(now) ? 0 : stop_signal(now);
        if (number != SIGTRAP) continue;
        number = 0; /* without PTRACE_O_TRACEEXEC the kernel sends one for the exec itself */
        if (traced_pc(pid) == (u64)engine_start) continue;
        if (last_request((u32)pid) == PTRACE_SYSCALL) tracees[(u32)pid % TRACEES].exec_ending = true;
        return;
    }
}

static void pass_steps(long pid, int *status) {
    for (int i = 0; i < MOST_STEPS && is_stop(*status) && in_engine(traced_pc(pid)); i++) {
        int number = stop_event(*status) || stop_signal(*status) == SIGTRAP ? 0 : stop_signal(*status);
        if (number && number != SIGSYS) return;
        if (resume_and_wait(pid, PTRACE_SINGLESTEP, number, status) != pid) return;
    }
}

/* True where the stop is none of the tracer's business; the tracee runs again. */
static bool pass_over(long pid, int *status) {
    siginfo_t info;
    if (stop_event(*status) == PTRACE_EVENT_EXEC || (!stop_event(*status) && stop_signal(*status) == SIGTRAP)) {
        u64 pc = traced_pc(pid);
        if (pc == (u64)engine_start)
            pass_exec(pid, status);
        else if (in_engine(pc) && last_request((u32)pid) == PTRACE_SINGLESTEP)
            pass_steps(pid, status);
        return false;
    }
    if (stop_signal(*status) == SYSCALL_STOP && last_request((u32)pid) == PTRACE_SYSCALL) {
        bool extra = tracees[(u32)pid % TRACEES].exec_ending;
        tracees[(u32)pid % TRACEES].exec_ending = false;
        return extra && in_engine(traced_pc(pid)) && sys(__NR_ptrace, PTRACE_SYSCALL, pid, 0, 0) == 0;
    }
    if (stop_event(*status) || stop_signal(*status) != SIGSYS) return false;
    if (sys(__NR_ptrace, PTRACE_GETSIGINFO, pid, 0, &info) < 0 || info.si_code != SECCOMP_STOP) return false;
    return sys(__NR_ptrace, last_request((u32)pid), pid, 0, SIGSYS) == 0;
}

long call_wait4(struct call *call) {
    u64 status_at = call->a[1];
    int status = 0;
    long r;
    call->a[1] = (u64)&status;
    do {
        u64 a[6] = {call->a[0], call->a[1], call->a[2], call->a[3]};
        r = arch_blocking(__NR_wait4, a, call->slot);
    } while (r > 0 && is_stop(status) && pass_over(r, &status));
    if (r > 0 && !is_stop(status)) rewrite_child_ended(call->slot);
    if (r <= 0 || !status_at) return r;
    long copied = arch_copy((void *)status_at, &status, sizeof(status));
    return copied < 0 ? copied : r;
}
