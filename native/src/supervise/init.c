/* Process 1 of a container: passes signals on to the program, which as an ordinary process then has the kernel's
 * default for each, collects what other processes leave behind, and ends as the program did; the kernel takes all
 * others along. The program leads a session of its own, with the terminal if there is one. */
#include <asm/ioctls.h>
#include <linux/prctl.h>

#include "../sys/raw.h"
#include "../sys/say.h"
#include "../sys/text.h"
#include "supervise.h"

struct action {
    u64 handler, flags, restorer, mask;
};

static struct attended attended;

static void never(int number) {
    (void)number;
}

/* All signals are waited for, never handled. The handlers tell whoever looks at us from outside that they have an
 * effect; those that were ignored are noted for the program. */
static u64 take_signals(void) {
    struct action mine = {.handler = (u64)never}, old;
    u64 ignored = 0, all = ~0UL;
    signals_set(all); /* the handlers must never run */
    for (int n = 1; n <= 64; n++) {
        if (n == SIGKILL || n == SIGSTOP || n == SIGCHLD) continue;
        if (sys(__NR_rt_sigaction, n, &mine, &old, 8) == 0 && old.handler == (u64)SIG_IGN) ignored |= SIGNAL_BIT(n);
    }
    return ignored;
}

static void give_signals(u64 ignored, u64 mask) {
    for (int n = 1; n <= 64; n++) {
        struct action action = {.handler = (u64)(ignored & SIGNAL_BIT(n) ? SIG_IGN : SIG_DFL)};
        if (n != SIGKILL && n != SIGSTOP) sys(__NR_rt_sigaction, n, &action, NULL, 8);
    }
    signals_set(mask);
}

/* Give up the terminal, so that the program can have it. The kernel tells our group, which is us, with a hang-up. */
static void release_terminal(void) {
    siginfo_t info;
    if (sys(__NR_ioctl, 0, TIOCNOTTY) != 0) return;
    while (signal_wait(&info, 0)) {
    }
}

static int start_program(const struct duty *duty, char **argv, char **envp, u64 mask, u64 ignored) {
    release_terminal();
    int pid = process_fork();
    if (pid != 0) return pid;
    sys(__NR_setsid);
    sys(__NR_ioctl, 0, TIOCSCTTY, 0); /* fails where it is no terminal, or one of another session */
    give_signals(ignored, mask);
    process_become(argv[duty->first_argument], argv + duty->first_argument + 1, envp);
}

static void reap(void) {
    int status, pid, end = -1;
    while ((pid = process_reap(&status)) > 0)
        if (pid == attended.engine) end = attend_conclude(&attended, status);
    if (end < 0) return;
    for (;;) sys(__NR_exit_group, status_code(end));
}

void init(int argc, char **argv, char **envp) {
    static struct duty duty;
    const char *complaint = "";
    siginfo_t info;
    if (duty_parse(argc, argv, &duty, &complaint) < 0 || duty.first_argument + 1 >= argc)
        fail(125, "the plan makes no sense at: ", complaint);
    if (duty.close > 2) sys(__NR_close, duty.close);
    u64 mask = signals_block();
    u64 ignored = take_signals();
    int pid = start_program(&duty, argv, envp, mask, ignored);
    if (pid < 0) fail_errno(125, "cannot start a process", "", pid);
    sys(__NR_prctl, PR_SET_NAME, INIT_NAME, 0, 0, 0);
    attend(&attended, &duty, pid);
    drop_streams();
    for (;;) {
        int number = signal_wait(&info, attend_tick(&attended));
        if (number == SIGCHLD) reap();
        else if (number == SIGNAL_MESSAGE && info.si_pid == 0 && info.si_int == MESSAGE_ALONE)
            sys(__NR_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        else if (number && info.si_code <= 0) /* not the terminal's own, which the program has by itself */
            attend_signal(&attended, number, false);
    }
}
