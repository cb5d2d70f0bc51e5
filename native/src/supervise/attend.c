/* The program under supervision: finding it behind its engine, passing signals on so that they arrive once and have
 * their effect, and finding out how it ended. Used by the keeper outside and the init inside. */
#include <asm/ioctls.h>

#include "../sys/raw.h"
#include "../sys/text.h"
#include "supervise.h"

#ifndef __NR_pidfd_open
#define __NR_pidfd_open 434
#endif

/* Those that end a program which has no handler. */
#define DEADLY (SIGNAL_BIT(SIGHUP) | SIGNAL_BIT(SIGINT) | SIGNAL_BIT(SIGQUIT) | SIGNAL_BIT(SIGTERM))
#define HARMLESS (SIGNAL_BIT(SIGCONT) | SIGNAL_BIT(SIGWINCH) | SIGNAL_BIT(SIGURG) | SIGNAL_BIT(SIGCHLD) | STOPPING)
#define STOPPING (SIGNAL_BIT(SIGTSTP) | SIGNAL_BIT(SIGTTIN) | SIGNAL_BIT(SIGTTOU))

/* Since the program may be gone soon, it is looked for often: each millisecond as long as a busy machine may need to
 * start its engine, then so many times at each pause of 2, 4 ... ms. */
#define QUICK_LOOKS 100
#define LOOKS_PER_PAUSE 3
#define MOST_LOOKS 130
#define HOLD 5              /* ms between looks whether process 1 is ready for signals */
#define MOST_HOLD 2000
#define PAUSE 50            /* ms between looks whether it has ended */
#define QUIT_AT 4           /* pauses after the program's end until its engine is asked to end */
#define KILL_AT 40          /* and until it is killed */

void attend(struct attended *a, const struct duty *duty, int engine) {
    memset(a, 0, sizeof(*a));
    a->conduct = duty->conduct;
    a->lost_status = duty->lost_status;
    a->engine = engine;
    a->pidfd = -1;
    a->has_init = duty->image != 0;
    if (a->conduct == DIRECT) a->first = engine;
    if (a->conduct == AROUND) a->next = clock_ms() + 1;
}

int attend_find(struct attended *a) {
    if (a->first) return a->first;
    if (a->engine)
        a->first = process_child(a->engine, 0, a->conduct != AROUND);
    else if (a->conduct == DETACHED)
        a->first = process_child((int)sys(__NR_getpid), 0, true);
    if (a->first && a->conduct == AROUND) a->pidfd = (int)sys(__NR_pidfd_open, a->first, 0);
    return a->first;
}

/* In another session there is nobody who would let it go on; the kernel then drops all stops but this one. */
static int meaning(int target, int number) {
    bool stops = STOPPING & SIGNAL_BIT(number);
    if (!stops || sys(__NR_getsid, target) == sys(__NR_getsid, 0) || process_catches(target, number)) return number;
    return SIGSTOP;
}

static void pass(int target, int number, bool group) {
    if (!group || process_apart(target)) signal_send(target, meaning(target, number));
}

static void pass_around(struct attended *a, int number, bool group) {
    int first = attend_find(a);
    if (first) pass(first, number, group);
    if (!(DEADLY & SIGNAL_BIT(number))) return;
    a->fatal = number;
    a->waits = a->attempts = 0;
    a->next = clock_ms() + PAUSE;
}

/* The kernel drops signals for process 1 of a namespace that it has no handler for, save those from outside that
 * cannot be handled. */
static void pass_first(struct attended *a, int number, bool group) {
    int first = attend_find(a);
    bool harmless = HARMLESS & SIGNAL_BIT(number);
    if (!harmless && (!first || !process_catches(first, number))) {
        a->fatal = number;
        signal_send(first ? first : a->engine, SIGKILL);
    } else if (first && (STOPPING & SIGNAL_BIT(number))) {
        pass(first, number, group);
    } else {
        pass(a->conduct == THROUGH && a->engine ? a->engine : first, number, group);
    }
}

/* Until the engine has left the program to us, and that has become what it is to be, a signal would be lost on it. */
static bool ready(struct attended *a) {
    if (a->conduct != DETACHED) return true;
    if (a->engine) return false;
    if (!a->patience) return true;
    return clock_ms() >= a->patience || (attend_find(a) && (!a->has_init || process_named(a->first, INIT_NAME)));
}

static void hold(struct attended *a, int number) {
    if (a->engine && (a->held & SIGNAL_BIT(number))) { /* asked twice: it takes too long */
        a->fatal = number;
        signal_send(a->engine, SIGKILL);
    }
    a->held |= SIGNAL_BIT(number);
}

static void let_go(struct attended *a) {
    u64 held = a->held;
    a->patience = a->next = a->held = 0;
    for (int n = 1; n < SIGNAL_MESSAGE; n++)
        if (held & SIGNAL_BIT(n)) attend_signal(a, n, false);
    if (held & SIGNAL_BIT(SIGNAL_MESSAGE)) signal_message(a->first, MESSAGE_ALONE);
}

static void hold_on(struct attended *a) {
    if (ready(a)) let_go(a);
    else a->next = clock_ms() + HOLD;
}

void attend_left(struct attended *a) {
    a->engine = 0;
    a->patience = clock_ms() + MOST_HOLD;
    if (a->has_init) a->held |= SIGNAL_BIT(SIGNAL_MESSAGE);
    hold_on(a);
}

void attend_signal(struct attended *a, int number, bool group) {
    if (!ready(a)) hold(a, number);
    else if (a->conduct == DIRECT) pass(a->engine, number, group);
    else if (a->conduct == AROUND) pass_around(a, number, group);
    else pass_first(a, number, group);
}

/* An engine around the program waits for every process it traces. After a deadly signal nothing may stay. */
static void end_engine(struct attended *a) {
    int first = attend_find(a);
    if (first && process_running(first)) {
        a->next = clock_ms() + (PAUSE << (a->waits < 5 ? a->waits++ : 5));
        return;
    }
    a->attempts++;
    if (a->attempts == QUIT_AT) signal_send(a->engine, SIGQUIT); /* PRoot then takes along what it traces */
    if (a->attempts >= KILL_AT) signal_send(a->engine, SIGKILL);
    a->next = clock_ms() + PAUSE;
}

static void look(struct attended *a) {
    unsigned longer = a->looks < QUICK_LOOKS ? 0 : 1 + (a->looks - QUICK_LOOKS) / LOOKS_PER_PAUSE;
    a->next = attend_find(a) || a->looks >= MOST_LOOKS ? 0 : clock_ms() + (1UL << longer);
    a->looks++;
}

long attend_tick(struct attended *a) {
    u64 now = clock_ms();
    if (!a->next) return -1;
    if (now >= a->next) {
        if (a->conduct == DETACHED) hold_on(a);
        else if (a->fatal) end_engine(a);
        else look(a);
    }
    if (!a->next) return -1;
    now = clock_ms();
    return a->next > now ? (long)(a->next - now) : 0;
}

/* PIDFD_GET_INFO, since Linux 6.15 also for the end of a process that is not our child (linux/pidfd.h). */
static bool true_end(int pidfd, int *status) {
    struct {
        u64 mask, cgroup;
        u32 ids[11];
        int exit_code;
    } info = {.mask = 8 /* PIDFD_INFO_EXIT */};
    _Static_assert(sizeof(info) == 64, "the first version of struct pidfd_info");
    if (pidfd < 0 || sys(__NR_ioctl, pidfd, 0xc040ff0b, &info) != 0 || !(info.mask & 8)) return false;
    *status = info.exit_code;
    return true;
}

int attend_conclude(struct attended *a, int status) {
    int code = status_code(status);
    if (a->conduct == DIRECT) return status;
    if (a->conduct == AROUND) {
        /* PRoot 5.1 reports whichever process ended last, or what came before a deadly signal. */
        int known;
        if (true_end(a->pidfd, &known)) return known;
        if (a->fatal && (status & 0x7f || code == a->lost_status)) return a->fatal;
        return status;
    }
    return a->fatal && code == 128 + SIGKILL ? a->fatal : status;
}

void attend_resize(struct attended *a) {
    char path[64];
    u16 size[4];
    int first = attend_find(a);
    if (!first || sys(__NR_ioctl, 0, TIOCGWINSZ, size) != 0) return;
    text_put(path, text_put_number(path, text_put(path, 0, "/proc/"), (u64)first), "/fd/0");
    long fd = sys(__NR_openat, AT_FDCWD, path, O_RDWR | O_NOCTTY | O_CLOEXEC, 0);
    if (fd < 0) return;
    sys(__NR_ioctl, fd, TIOCSWINSZ, size);
    sys(__NR_close, fd);
}
