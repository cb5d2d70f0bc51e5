/* Signals and processes: waiting for them, looking at them in /proc, starting and ending them. */
#include <asm/ioctls.h>
#include <linux/sched.h>
#include <linux/time_types.h>
#include <linux/wait.h>

#include "../sys/process.h"
#include "../sys/raw.h"
#include "../sys/say.h"
#include "../sys/text.h"
#include "supervise.h"

#define ALL (~0UL)

struct action {
    u64 handler, flags, restorer, mask;
};

void signals_plain(void) {
    struct action action;
    memset(&action, 0, sizeof(action));
    sys(__NR_rt_sigaction, SIGPIPE, &action, NULL, 8);
    sys(__NR_rt_sigaction, SIGXFSZ, &action, NULL, 8);
}

u64 signals_block(void) {
    u64 old = 0, mask = ALL;
    struct action action;
    for (int n = 1; n <= 64; n++)
        if (sys(__NR_rt_sigaction, n, NULL, &action, 8) == 0 && action.handler == (u64)SIG_IGN)
            mask &= ~SIGNAL_BIT(n); /* a caller such as nohup wants it ignored by all */
    mask |= SIGNAL_BIT(SIGCHLD) | SIGNAL_BIT(SIGNAL_END) | SIGNAL_BIT(SIGNAL_MESSAGE);
    memset(&action, 0, sizeof(action));
    sys(__NR_rt_sigaction, SIGCHLD, &action, NULL, 8); /* ignored, it would spare us the ends of children */
    sys(__NR_rt_sigprocmask, SIG_SETMASK, &mask, &old, 8);
    return old;
}

void signals_set(u64 mask) {
    sys(__NR_rt_sigprocmask, SIG_SETMASK, &mask, NULL, 8);
}

int signal_wait(siginfo_t *info, long ms) {
    u64 all = ALL;
    struct __kernel_timespec time = {ms / 1000, ms % 1000 * 1000000};
    for (;;) {
        long r = sys(__NR_rt_sigtimedwait, &all, info, ms < 0 ? NULL : &time, 8);
        if (r > 0) return (int)r;
        if (r == -EAGAIN) return 0;
    }
}

void signal_send(int pid, int number) {
    if (pid > 0) sys(__NR_kill, pid, number);
}

void signal_message(int pid, int value) {
    siginfo_t info;
    memset(&info, 0, sizeof(info));
    info.si_signo = SIGNAL_MESSAGE;
    info.si_code = SI_QUEUE;
    info.si_pid = (int)sys(__NR_getpid);
    info.si_uid = (u32)sys(__NR_getuid);
    info.si_int = value;
    if (pid > 0) sys(__NR_rt_sigqueueinfo, pid, SIGNAL_MESSAGE, &info);
}

int process_fork(void) {
    return (int)sys(__NR_clone, SIGCHLD, 0, 0, 0, 0);
}

int process_reap(int *status) {
    return (int)sys(__NR_wait4, -1, status, WNOHANG, NULL);
}

int process_ended(void) {
    siginfo_t info;
    info.si_pid = 0;
    long r = sys(__NR_waitid, 0 /* P_ALL */, 0, &info, WEXITED | WNOHANG | WNOWAIT, NULL);
    return r < 0 ? (int)r : info.si_pid;
}

static long read_proc(const char *directory, int pid, const char *name, char *text, size_t size) {
    char path[96];
    size_t n = text_put(path, 0, directory);
    n = text_put_number(path, n, (u64)pid);
    text_put(path, n, name);
    long fd = sys(__NR_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0) return fd;
    size_t length = 0;
    for (long r; length < size - 1; length += (size_t)r)
        if ((r = sys(__NR_read, fd, text + length, size - 1 - length)) <= 0) break;
    sys(__NR_close, fd);
    text[length] = 0;
    return (long)length;
}

static char status_text[4096];

bool process_first(int pid) {
    if (read_proc("/proc/", pid, "/status", status_text, sizeof(status_text)) <= 0) return false;
    const char *field = process_field(status_text, "NSpid");
    if (!field) return true; /* before Linux 4.1 there is no telling */
    u64 number, last = 0;
    unsigned count = 0;
    for (; text_number(field, &number, &field); count++, last = number)
        while (*field == '\t' || *field == ' ') field++;
    return count > 1 && last == 1;
}

static u64 signal_set(const char *name) {
    const char *field = process_field(status_text, name);
    u64 set = 0;
    for (; field && ((*field >= '0' && *field <= '9') || (*field >= 'a' && *field <= 'f')); field++)
        set = set << 4 | (u64)(*field <= '9' ? *field - '0' : *field - 'a' + 10);
    return set;
}

bool process_catches(int pid, int number) {
    if (read_proc("/proc/", pid, "/status", status_text, sizeof(status_text)) <= 0) return true;
    return (signal_set("SigCgt") | signal_set("SigIgn")) & SIGNAL_BIT(number);
}

bool process_running(int pid) {
    if (read_proc("/proc/", pid, "/status", status_text, sizeof(status_text)) <= 0) return false;
    const char *state = process_field(status_text, "State");
    return state && *state != 'Z' && *state != 'X';
}

bool process_named(int pid, const char *name) {
    char text[32];
    long n = read_proc("/proc/", pid, "/comm", text, sizeof(text));
    return n > 0 && memcmp(text, name, strlen(name)) == 0;
}

bool process_apart(int pid) {
    return sys(__NR_getpgid, pid) != sys(__NR_getpgid, 0);
}

struct search {
    int pid, not;
    bool first_only;
    const char *tasks;
    bool unlisted;
};

static int fits(const struct search *s, int pid) {
    return pid != s->not && (!s->first_only || process_first(pid)) ? pid : 0;
}

static long in_task(u32 task, void *with) {
    struct search *s = with;
    char text[2048];
    if (read_proc(s->tasks, (int)task, "/children", text, sizeof(text)) == -ENOENT) s->unlisted = true;
    const char *at = text;
    for (u64 child; text_number(at, &child, &at);) {
        int found = fits(s, (int)child);
        if (found) return found;
        while (*at == ' ') at++;
    }
    return 0;
}

static long with_parent(u32 pid, void *with) {
    struct search *s = with;
    u64 parent;
    if (read_proc("/proc/", (int)pid, "/status", status_text, sizeof(status_text)) <= 0) return 0;
    const char *field = process_field(status_text, "PPid");
    return field && text_number(field, &parent, &field) && (int)parent == s->pid ? fits(s, (int)pid) : 0;
}

int process_child(int pid, int not, bool first_only) {
    char tasks[64];
    struct search search = {pid, not, first_only, tasks, false};
    text_put(tasks, text_put_number(tasks, text_put(tasks, 0, "/proc/"), (u64)pid), "/task/");
    long found = each_number(tasks, in_task, &search);
    /* Kernels without CONFIG_PROC_CHILDREN list nothing there. */
    if (found <= 0 && search.unlisted) found = each_number("/proc", with_parent, &search);
    return found > 0 ? (int)found : 0;
}

void process_end_all(void) {
    siginfo_t info;
    int status, last = 0, self = (int)sys(__NR_getpid);
    for (;;) {
        int pid;
        while ((pid = process_reap(&status)) > 0) {
        }
        if (pid == -ECHILD) return;
        /* One after the other, but none that cannot be ended may stand before the next. */
        signal_send(last = process_child(self, last, false), SIGKILL);
        signal_wait(&info, 5);
    }
}

void process_become(const char *file, char **argv, char **envp) {
    long r = sys(__NR_execve, file, argv, envp);
    fail_errno(r == -ENOENT || r == -ENOTDIR ? 127 : 126, "cannot start ", file, r);
}

int status_code(int status) {
    return status & 0x7f ? 128 + (status & 0x7f) : status >> 8 & 0xff;
}

u64 clock_ms(void) {
    struct __kernel_timespec time;
    sys(__NR_clock_gettime, 1, &time); /* CLOCK_MONOTONIC */
    return (u64)time.tv_sec * 1000 + (u64)time.tv_nsec / 1000000;
}

bool is_terminal(int fd) {
    u64 settings[16];
    return sys(__NR_ioctl, fd, TCGETS, settings) == 0;
}

bool in_foreground(void) {
    int foreground;
    return sys(__NR_ioctl, 0, TIOCGPGRP, &foreground) == 0 && foreground == sys(__NR_getpgid, 0);
}

void drop_streams(void) {
    for (int fd = 0; fd < 2; fd++)
        if (!is_terminal(fd)) sys(__NR_close, fd);
}
