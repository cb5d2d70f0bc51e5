/* `on-exit kill`: nothing of the container survives its first process. That process is the guest's own, so a watcher
 * is started beside it, no child of the guest: it waits for the end of the first process, then ends all others that
 * carry the container's number. The number lies in the auxiliary vector that the kernel keeps of every process
 * (/proc/PID/auxv), which needs CONFIG_CHECKPOINT_RESTORE. */
#include "watcher.h"

#include "engine.h"
#include "sys/process.h"
#include "sys/raw.h"
#include "sys/text.h"

#define POLL_IN 1
#define QUIET_ROUNDS 3
#define TENTH_OF_SECOND 100000000L

struct entry {
    u64 inode, offset;
    u16 length;
    u8 type;
    char name[];
} __attribute__((packed));

static void pause_for(long nanoseconds) {
    u64 time[2] = {0, (u64)nanoseconds};
    sys(__NR_nanosleep, time, NULL);
}

static bool belongs_here(u64 pid) {
    u64 container;
    return auxiliary_of(pid, AT_CONTAINER, &container) == 1 && container == engine.container;
}

/* End every process of the container that is there now; how many. */
static unsigned end_all(void) {
    char room[4096];
    unsigned found = 0;
    long fd = sys(__NR_openat, AT_FDCWD, "/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (fd < 0) return 0;
    for (long n; (n = sys(__NR_getdents64, fd, room, sizeof(room))) > 0;)
        for (long at = 0; at < n; at += ((struct entry *)(room + at))->length) {
            u64 pid;
            const char *end, *name = ((struct entry *)(room + at))->name;
            if (!text_number(name, &pid, &end) || *end || !belongs_here(pid)) continue;
            if (sys(__NR_kill, pid, SIGKILL) == 0) found++;
        }
    sys(__NR_close, fd);
    return found;
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

static void watch(long pidfd, u64 pid) __attribute__((noreturn));
static void watch(long pidfd, u64 pid) {
    sys(__NR_setsid);
    sys(__NR_chdir, "/");
    /* Nobody must wait for the end of a pipe because of this process. */
    for (int fd = 0; fd < 1024; fd++)
        if (fd != pidfd) sys(__NR_close, fd);
    wait_for(pidfd, pid);
    for (int quiet = 0; quiet < QUIET_ROUNDS; pause_for(TENTH_OF_SECOND / 10))
        quiet = end_all() ? 0 : quiet + 1;
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
