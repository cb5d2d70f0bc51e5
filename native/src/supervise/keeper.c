/* The keeper: starts the engine, attends to it, and leaves nothing behind. Being in the front's process group it also
 * sees which signals went to the whole group, so that a program that has one already does not get it twice. */
#include <linux/prctl.h>

#include "../sys/raw.h"
#include "../sys/text.h"
#include "supervise.h"

#define SAME_SIGNAL 500 /* ms within which the front's message and our own signal are one */

static struct attended attended;
static u64 group_signals[65]; /* when we got each one ourselves, ms */

static void fill_descriptors(int below) {
    for (int fd = 3; fd < below; fd++) {
        if (sys(__NR_fcntl, fd, F_GETFD) >= 0) continue;
        long null = sys(__NR_openat, AT_FDCWD, "/dev/null", O_RDWR, 0);
        if (null >= 0 && null != fd) {
            sys(__NR_dup3, null, fd, 0);
            sys(__NR_close, null);
        }
    }
}

static void offer_image(int at) {
    long fd = image_open();
    if (fd < 0) return; /* the engine says what is missing */
    if (fd == at) sys(__NR_fcntl, fd, F_SETFD, 0);
    else sys(__NR_dup3, fd, at, 0);
    if (fd != at) sys(__NR_close, fd);
}

static int start_engine(const struct duty *duty, char **argv, char **envp, u64 old_mask) {
    int self = (int)sys(__NR_getpid);
    int pid = process_fork();
    if (pid != 0) return pid;
    /* PRoot takes along what it traces only on this one. */
    sys(__NR_prctl, PR_SET_PDEATHSIG, duty->conduct == AROUND ? SIGQUIT : SIGKILL, 0, 0, 0);
    if (sys(__NR_getppid) != self) sys(__NR_exit_group, 125);
    console_give();
    fill_descriptors(duty->fill);
    if (duty->image) offer_image(duty->image);
    signals_set(old_mask);
    process_become(argv[duty->first_argument], argv + duty->first_argument, envp);
}

static struct {
    bool over;
    int status;
} result;

static void finish(int status) {
    result.over = true;
    result.status = status;
}

/* The engine has started process 1 and left it to us; there may be a process of its own between, which ends next. */
static void take_over(int status) {
    if (status != 0) finish(attended.fatal ? attended.fatal : status);
    else attend_left(&attended);
}

static void reap(void) {
    int status, pid;
    for (;;) {
        if (attended.conduct == DETACHED && !attended.first) {
            pid = process_ended();
            if (pid > 0 && pid != attended.engine && process_first(pid)) attended.first = pid;
        }
        if ((pid = process_reap(&status)) <= 0) break;
        if (pid == attended.engine && attended.conduct == DETACHED) take_over(status);
        else if (pid == attended.engine) finish(attend_conclude(&attended, status));
        else if (attended.conduct == DETACHED && pid == attended.first) finish(attend_conclude(&attended, status));
    }
    if (pid == -ECHILD && !result.over) finish(STATUS_OF_EXIT(125)); /* an engine that started nothing */
}

static void told(const struct duty *duty, int number) {
    if (number < 1 || number > 64) return;
    u64 when = group_signals[number];
    bool group = when && clock_ms() - when < SAME_SIGNAL;
    if (number == SIGWINCH && duty->resize) attend_resize(&attended);
    else attend_signal(&attended, number, group);
}

static void attend_all(const struct duty *duty) {
    siginfo_t info;
    while (!result.over) {
        int number = signal_wait(&info, attend_tick(&attended));
        if (number == SIGCHLD) reap();
        else if (number == SIGNAL_END) finish(SIGKILL);
        else if (number == SIGNAL_MESSAGE) told(duty, info.si_int);
        else if (number) group_signals[number] = clock_ms();
    }
}

void keeper(const struct duty *duty, char **argv, char **envp, struct shared *shared, u64 old_mask) {
    int front = (int)sys(__NR_getppid);
    sys(__NR_prctl, PR_SET_PDEATHSIG, SIGNAL_END, 0, 0, 0);
    sys(__NR_prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    int pid = start_engine(duty, argv, envp, old_mask);
    console_leave(true);
    if (pid < 0) finish(STATUS_OF_EXIT(125));
    attend(&attended, duty, pid);
    if (!duty->resize) drop_streams();
    if (sys(__NR_getppid) != front) finish(SIGKILL);
    attend_all(duty);
    process_end_all();
    for (unsigned i = 0; i < duty->removal_count; i++) remove_tree(duty->removals[i]);
    shared->status = result.status;
    shared->done = true;
    for (;;) sys(__NR_exit_group, 0);
}
