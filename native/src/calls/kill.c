/* Signals to other processes under emulation. On the host all of a container are one user's, so what the guest's ids
 * forbid is refused here. One who has CAP_KILL is asked nothing. */
#include <asm/signal.h>

#include "../engine.h"
#include "../sys/process.h"
#include "../sys/raw.h"
#include "../sys/text.h"
#include "../trap/blocked.h"
#include "../trap/signal.h"
#include "handlers.h"
#include "ids.h"

#define LAST_SIGNAL 64
#define SIGNAL_GROUP 4 /* PIDFD_SIGNAL_PROCESS_GROUP */

struct sending {
    int number;
    i64 group; /* the process group it is for, 0: all processes of the container */
    long refused, sent, last;
};

static bool same_session(u32 pid) {
    return sys(__NR_getsid, pid) == sys(__NR_getsid, 0);
}

/* May this process signal that one? Where nobody can tell, it may; what has ended or is another user's on the host is
 * for the kernel to say. */
static bool may_signal(u32 pid, int number) {
    struct ids other;
    struct own_ids own;
    const struct ids *ids = ids_now();
    if (ids_capable(ids, CAP_KILL)) return true;
    if (ids_seen_at_once(pid, &other, &own) && ids_may_signal(ids, &other, false, false)) return true;
    if (thread_is_own(pid)) return true;
    enum whose whose = ids_of_process(pid, &other, NULL);
    if (whose == IDS_UNKNOWN || whose == IDS_GONE) return true;
    return ids_may_signal(ids, &other, false, number == SIGCONT && same_session(pid));
}

/* The kernel gives a signal to a process to its first thread, unless that blocks it. Here that thread does so only for the
 * engine's sake, and another one must not get it. */
static long signal_first_thread(const struct call *call, u32 self, int number) {
    siginfo_t info;
    if (call->number == __NR_rt_sigqueueinfo) {
        long r = arch_copy(&info, (const void *)call->a[2], sizeof(info));
        if (r < 0) return r;
    } else {
        memset(&info, 0, sizeof(info));
        info.si_signo = number;
        info.si_code = SI_USER;
        info.si_pid = (int)self;
        info.si_uid = ids_now()->user.real;
    }
    return sys(__NR_rt_tgsigqueueinfo, self, self, number, &info);
}

/* A signal to oneself would meet the engine at this very call, and cost three more on its way to the guest: it is held
 * back until the way out, and meets the guest there. */
static long signal_self(struct call *call, u32 self, int number) {
    const u64 *a = call->a;
    bool process = call->number == __NR_kill || call->number == __NR_rt_sigqueueinfo;
    u32 thread = (u32)(process || call->number == __NR_tkill ? a[0] : a[1]);
    if (!number) return sys(call->number, a[0], a[1], a[2], a[3]);
    bool kept = SIGNAL_BIT(number) & OWN_SIGNALS; /* by the engine, for the guest, anyway */
    if (kept || number == SIGKILL || number == SIGSTOP || thread != (u32)sys(__NR_gettid)) return call_run(call);
    if (!signals_delay(call->slot)) return RESTART_CALL;
    if (process && !(call->slot->mask & SIGNAL_BIT(number))) return signal_first_thread(call, self, number);
    return sys(call->number, a[0], a[1], a[2], a[3]);
}

/* The process group of a process; -1: it is gone. */
static i64 group_of(u32 pid) {
    long r = sys(__NR_getpgid, pid);
    return r < 0 ? -1 : r;
}

static long count_refused(u32 pid, void *with) {
    struct sending *s = with;
    if (group_of(pid) == s->group && !may_signal(pid, s->number)) s->refused++;
    return 0;
}

static void send_one(u32 pid, struct sending *s) {
    long r = may_signal(pid, s->number) ? sys(__NR_kill, pid, s->number) : -EPERM;
    if (r == 0) s->sent++;
    s->last = r;
}

static long send_in_group(u32 pid, void *with) {
    struct sending *s = with;
    if (group_of(pid) == s->group) send_one(pid, s);
    return 0;
}

/* Not to this process itself. */
static long send_in_container(u32 pid, void *with) {
    struct ids ids;
    if (pid == 1 || pid == (u32)sys(__NR_getpid)) return 0; /* the first of the host gets none either */
    if (ids_of_process(pid, &ids, NULL) == IDS_READ && same_container(pid)) send_one(pid, with);
    return 0;
}

/* At once, if nobody in the group is to be spared. */
static long signal_group(struct call *call, i64 group, int number) {
    struct sending s = {.number = number, .group = group, .last = -ESRCH};
    if (each_number("/proc", count_refused, &s) < 0 || !s.refused) return call_run(call);
    each_number("/proc", send_in_group, &s);
    return s.sent ? 0 : s.last;
}

/* kill(-1): the processes of this container, which is as much as there is in one with its own process numbers. */
static long signal_all(int number) {
    struct sending s = {.number = number, .last = -ESRCH};
    long r = each_number("/proc", send_in_container, &s);
    if (r < 0) return r;
    return s.sent || s.last == -EPERM ? 0 : s.last;
}

static long send_many(struct call *call, int pid, int number) {
    if (pid == -1) return signal_all(number);
    if (ids_capable(ids_now(), CAP_KILL) || pid == (int)0x80000000) return call_run(call);
    return signal_group(call, pid ? -(i64)pid : sys(__NR_getpgid, 0), number);
}

/* kill, tkill, tgkill, rt_sigqueueinfo, rt_tgsigqueueinfo */
long call_kill(struct call *call) {
    bool threads = call->number == __NR_tgkill || call->number == __NR_rt_tgsigqueueinfo;
    int pid = (int)call->a[threads ? 1 : 0], number = (int)call->a[threads ? 2 : 1];
    if ((u32)number > LAST_SIGNAL) return -EINVAL;
    if (call->number == __NR_kill && pid <= 0) return send_many(call, pid, number);
    u32 self = (u32)sys(__NR_getpid);
    if ((u32)call->a[0] == self) return signal_self(call, self, number);
    return pid <= 0 || may_signal((u32)pid, number) ? call_run(call) : -EPERM;
}

long call_pidfd_signal(struct call *call) {
    int number = (int)call->a[1];
    u32 pid = ids_capable(ids_now(), CAP_KILL) ? 0 : process_behind((int)call->a[0]);
    if (!pid || (u32)number > LAST_SIGNAL) return call_run(call);
    if (call->a[3] & SIGNAL_GROUP) return signal_group(call, group_of(pid), number);
    return may_signal(pid, number) ? call_run(call) : -EPERM;
}
