/* Calls that look into other processes or change what they get of the machine, under emulation. On the host all processes
 * of a container are one user's; so where the guest's ids are not what ptrace(2), prlimit(2), setpriority(2),
 * sched_setscheduler(2) or ioprio_set(2) ask for, the call is refused here. Root is asked nothing, as for debuggers. */
#include <linux/ioprio.h>
#include <linux/ptrace.h>
#include <linux/resource.h>

#include "../engine.h"
#include "../sys/process.h"
#include "../sys/raw.h"
#include "../sys/text.h"
#include "handlers.h"
#include "ids.h"

typedef bool rule(const struct ids *from, const struct ids *to);

/* May this process do to that one what `rule` asks for? Where nobody can tell, it may. `looks`: into what is its own, which
 * is closed once it has changed its ids. */
static bool may(u32 pid, rule *rule, bool looks) {
    struct ids other;
    struct own_ids own;
    const struct ids *ids = ids_now();
    if (ids_may_look_at_all(ids)) return true;
    if (ids_seen_at_once(pid, &other, &own) && rule(ids, &other) && !(looks && own.hidden)) return true;
    if (thread_is_own(pid)) return true;
    enum whose whose = ids_of_process(pid, &other, &own);
    if (whose == IDS_UNKNOWN || whose == IDS_GONE) return true;
    return rule(ids, &other) && !(looks && own.hidden);
}

static long run_if(struct call *call, bool allowed) {
    return allowed ? call_run(call) : -EPERM;
}

/* 0, which is the caller, and what is no process are the kernel's. */
static bool may_look(u64 pid) {
    return (int)pid <= 0 || may((u32)pid, ids_may_trace, true);
}

bool trace_permitted(u64 pid) {
    return !engine.emulated || may_look(pid);
}

/* process_vm_readv, process_vm_writev, get_robust_list, kcmp */
long call_look(struct call *call) {
    return run_if(call, may_look(call->a[0]) && (call->number != __NR_kcmp || may_look(call->a[1])));
}

long call_pidfd_getfd(struct call *call) {
    return run_if(call, ids_may_look_at_all(ids_now()) || may_look(process_behind((int)call->a[0])));
}

long call_prlimit(struct call *call) {
    return run_if(call, (int)call->a[0] <= 0 || may((u32)call->a[0], ids_may_limit, false));
}

/* sched_setaffinity, sched_setscheduler, sched_setparam, sched_setattr */
long call_schedule(struct call *call) {
    return run_if(call, (int)call->a[0] <= 0 || may((u32)call->a[0], ids_may_schedule, false));
}

/* setpriority and ioprio_set, which may be about several. */
struct several {
    struct call *call;
    rule *rule;
    int which; /* PRIO_PROCESS and so on */
    u32 who;
    long done, last;
};

static bool is_meant(const struct several *s, u32 pid) {
    struct ids other;
    if (s->which == PRIO_PGRP) return sys(__NR_getpgid, pid) == (long)s->who;
    return ids_of_process(pid, &other, NULL) == IDS_READ && same_container(pid) && other.user.real == s->who;
}

static long change_one(u32 pid, void *with) {
    struct several *s = with;
    if (!is_meant(s, pid)) return 0;
    bool nice = s->call->number == __NR_setpriority;
    long r = -EPERM;
    if (may(pid, s->rule, false)) r = sys(s->call->number, nice ? PRIO_PROCESS : IOPRIO_WHO_PROCESS, pid, s->call->a[2]);
    if (r == 0) s->done++;
    else s->last = r;
    return 0;
}

long call_priority(struct call *call) {
    bool nice = call->number == __NR_setpriority;
    struct several s = {.call = call, .rule = nice ? ids_may_schedule : ids_may_order, .which = (int)call->a[0], .last = -ESRCH};
    s.which -= nice ? 0 : IOPRIO_WHO_PROCESS;
    s.who = (u32)call->a[1];
    if (s.which == PRIO_PROCESS) return run_if(call, (int)s.who <= 0 || may(s.who, s.rule, false));
    if (s.which != PRIO_PGRP && s.which != PRIO_USER) return call_run(call);
    if (!s.who) s.who = s.which == PRIO_USER ? ids_now()->user.real : (u32)sys(__NR_getpgid, 0);
    if (s.which == PRIO_PGRP && ids_may_look_at_all(ids_now())) return call_run(call);
    long r = each_number("/proc", change_one, &s);
    if (r < 0) return r;
    return s.last != -ESRCH || !s.done ? s.last : 0;
}
