/* `on-exit kill`: nothing of the container survives its first process. That process is the guest's own, so a watcher
 * is started beside it, no child of the guest: it waits for the end of the first process, then ends all others that
 * carry the container's number. The number lies in the auxiliary vector that the kernel keeps of every process
 * (/proc/PID/auxv), which needs CONFIG_CHECKPOINT_RESTORE. */
#include "watcher.h"

#include <linux/auxvec.h>

#include "engine.h"
#include "sys/process.h"
#include "sys/raw.h"
#include "sys/text.h"

#define POLL_IN 1
#define QUIET_ROUNDS 2 /* a process may pass its place to a child between two looks */
#define TENTH_OF_SECOND 100000000L
#define MILLISECOND 1000000L

static void pause_for(long nanoseconds) {
    u64 time[2] = {0, (u64)nanoseconds};
    sys(__NR_nanosleep, time, NULL);
}

enum { FOREIGN, OURS, STARTING };

/* Whose is it? STARTING: an exec is under way, and the number not yet in its place. */
static int kind_of(u64 pid) {
    u64 auxv[MOST_AUXILIARY];
    char words[32] = "";
    long r = process_file(pid, "/auxv", auxv, sizeof(auxv));
    const u64 *container = auxiliary_in(auxv, r, AT_CONTAINER), *entry = auxiliary_in(auxv, r, AT_ENTRY);
    if (container) return *container == engine.container ? OURS : FOREIGN;
    if (r >= 16 && !auxv[0]) return STARTING;
    if (!entry || *entry != (u64)engine_start) return FOREIGN;
    r = process_file(pid, "/cmdline", words, sizeof(words) - 1);
    return r > 0 && text_starts(words + strlen(words) + 1, "resume1") ? STARTING : FOREIGN;
}

static long end_one(u32 pid, void *found) {
    int kind = kind_of(pid);
    if (kind == STARTING || (kind == OURS && sys(__NR_kill, pid, SIGKILL) == 0)) ++*(unsigned *)found;
    return 0;
}

/* End every process of the container that is there now; how many, with those of which it is not known yet. */
static unsigned end_all(void) {
    unsigned found = 0;
    each_number("/proc", end_one, &found);
    return found;
}

/* Is this process the last one that was made on the host, so that the container's first never had any other? */
static bool nothing_was_made(void) {
    char text[128];
    u64 last;
    long fd = sys(__NR_openat, AT_FDCWD, "/proc/loadavg", O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0) return false;
    long r = sys(__NR_read, fd, text, sizeof(text) - 1);
    sys(__NR_close, fd);
    if (r <= 0) return false;
    text[r] = 0;
    while (r && text[r - 1] != ' ') r--;
    return text_number(text + r, &last, NULL) && last == (u64)sys(__NR_getpid);
}

static void wait_for(long pidfd, u64 pid) {
    struct {
        int fd;
        short events, got;
    } one = {(int)pidfd, POLL_IN, 0};
    if (pidfd >= 0) {
        while (sys(__NR_ppoll, &one, 1, NULL, NULL, 8) == -EINTR) {
        }
        return;
    }
    while (sys(__NR_kill, pid, 0) == 0) pause_for(TENTH_OF_SECOND); /* before Linux 5.3 */
}

/* Nobody must wait for the end of a pipe because of this process. The descriptor kept, at its new place. */
static long keep_only(long pidfd) {
    long kept = pidfd > 0 ? sys(__NR_dup3, pidfd, 0, O_CLOEXEC) : pidfd;
    unsigned first = kept < 0 ? 0 : 1;
    if (sys(__NR_close_range, first, ~0U, 0) == 0) return kept;
    for (unsigned fd = first; fd < 1024; fd++) sys(__NR_close, fd); /* before Linux 5.9 */
    return kept;
}

static void watch(long pidfd, u64 pid) __attribute__((noreturn));
static void watch(long pidfd, u64 pid) {
    sys(__NR_setsid);
    sys(__NR_chdir, "/");
    pidfd = keep_only(pidfd);
    wait_for(pidfd, pid);
    for (int quiet = 0; quiet < QUIET_ROUNDS && !nothing_was_made();) {
        quiet = end_all() ? 0 : quiet + 1;
        if (!quiet) pause_for(MILLISECOND);
    }
    for (;;) sys(__NR_exit_group, 0);
}

long watcher_begin(void) {
    u64 pid = (u64)sys(__NR_getpid), moment[2] = {0, 0};
    sys(__NR_clock_gettime, 0, moment);
    engine.container = (moment[0] * 1000000000 + moment[1]) << 16 ^ pid;
    long pidfd = sys(__NR_pidfd_open, pid, 0);
    long child = sys(__NR_clone, SIGCHLD, 0, 0, 0, 0);
    if (child < 0) return child;
    if (child == 0) {
        if (sys(__NR_clone, SIGCHLD, 0, 0, 0, 0) == 0) watch(pidfd, pid);
        for (;;) sys(__NR_exit_group, 0);
    }
    while (sys(__NR_wait4, child, NULL, 0, NULL) == -EINTR) {
    }
    if (pidfd >= 0) sys(__NR_close, pidfd);
    return 0;
}
