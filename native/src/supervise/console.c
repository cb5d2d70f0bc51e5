/* A terminal of the container's own (pty(7)), so that the engine is needed no more once the program runs: the front
 * has its master and copies between it and the terminal that udocker was started on. */
#include <asm/ioctls.h>
#include <asm/poll.h>
#include <asm/termbits.h>
#include <linux/time_types.h>

#include "../sys/raw.h"
#include "../sys/text.h"
#include "supervise.h"

#define HIGH 256        /* descriptors of ours keep away from those that are handed on */
#define LATE 20         /* ms for the kernel to hand over what was written last */
#define LOOK_AGAIN 250  /* ms between looks whether we are in the foreground by now: nothing tells of it */

/* What is on its way in one direction. */
struct flow {
    u32 at, end;
    char bytes[8192];
};

static struct {
    bool open, raw;
    bool deaf;          /* nothing more comes from our terminal */
    bool over;          /* nobody has the container's terminal open any more */
    int master, slave, signals, out;
    struct termios settings;
    struct flow input, output;
} console;

static int high(long fd) {
    if (fd < 0) return (int)fd;
    long moved = sys(__NR_fcntl, fd, F_DUPFD_CLOEXEC, HIGH);
    if (moved < 0) return (int)fd;
    sys(__NR_close, fd);
    return (int)moved;
}

/* Through our own view of /dev/pts where the kernel is older than TIOCGPTPEER (4.13). */
static long open_slave(int master) {
    int flags = O_RDWR | O_NOCTTY | O_CLOEXEC, unlock = 0;
    u32 number;
    char path[32];
    long r = sys(__NR_ioctl, master, TIOCSPTLCK, &unlock);
    if (r < 0) return r;
    r = sys(__NR_ioctl, master, TIOCGPTPEER, (long)flags);
    if (r != -ENOTTY && r != -EINVAL) return r;
    if ((r = sys(__NR_ioctl, master, TIOCGPTN, &number)) < 0) return r;
    text_put_number(path, text_put(path, 0, "/dev/pts/"), number);
    return sys(__NR_openat, AT_FDCWD, path, flags, 0);
}

/* A description of our own, because others share that of descriptor 1 and do not expect it not to wait. */
static int open_output(void) {
    long fd = sys(__NR_openat, AT_FDCWD, "/proc/self/fd/1", O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0);
    return fd < 0 ? 1 : high(fd);
}

long console_open(void) {
    u64 all = ~0UL;
    console.master = high(sys(__NR_openat, AT_FDCWD, "/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0));
    if (console.master < 0) return console.master;
    console.slave = high(open_slave(console.master));
    if (console.slave < 0) return console.slave;
    console.signals = high(sys(__NR_signalfd4, -1, &all, 8, O_CLOEXEC | O_NONBLOCK));
    if (console.signals < 0) return console.signals;
    console.out = open_output();
    console.open = true;
    /* In the background it is set as somebody else likes it just now. */
    if (in_foreground() && sys(__NR_ioctl, 0, TCGETS, &console.settings) == 0)
        sys(__NR_ioctl, console.slave, TCSETS, &console.settings);
    console_resize();
    return 0;
}

void console_give(void) {
    if (!console.open) return;
    for (int fd = 0; fd < 3; fd++)
        if (is_terminal(fd)) sys(__NR_dup3, console.slave, fd, 0);
}

void console_leave(bool master_too) {
    if (!console.open) return;
    sys(__NR_close, console.slave);
    if (master_too) sys(__NR_close, console.master);
}

bool console_resize(void) {
    u16 size[4];
    if (!console.open) return false;
    if (sys(__NR_ioctl, 0, TIOCGWINSZ, size) == 0) sys(__NR_ioctl, console.master, TIOCSWINSZ, size);
    return true;
}

/* What is typed goes to the container as it is: its terminal makes signals and lines of it. In the background the
 * terminal is somebody else's. */
static void follow_foreground(void) {
    struct termios raw;
    bool front = in_foreground();
    if (front == console.raw) return;
    console.raw = front && sys(__NR_ioctl, 0, TCGETS, &console.settings) == 0;
    if (!console.raw) return;
    raw = console.settings;
    raw.c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
    raw.c_oflag &= ~(tcflag_t)OPOST;
    raw.c_cflag = (raw.c_cflag & ~(tcflag_t)(CSIZE | PARENB)) | CS8;
    raw.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    sys(__NR_ioctl, 0, TCSETSW, &raw);
}

/* False: nothing more will come. */
static bool fill(struct flow *flow, int fd) {
    long n = sys(__NR_read, fd, flow->bytes, sizeof(flow->bytes));
    if (n == -EAGAIN || n == -EINTR) return true;
    if (n <= 0) return false;
    flow->at = 0;
    flow->end = (u32)n;
    return true;
}

/* What the other end does not want any more is lost. */
static void empty(struct flow *flow, int fd) {
    long n = sys(__NR_write, fd, flow->bytes + flow->at, flow->end - flow->at);
    if (n == -EAGAIN || n == -EINTR) return;
    flow->at = n < 0 ? flow->end : flow->at + (u32)n;
}

static bool waiting(const struct flow *flow) {
    return flow->at < flow->end;
}

/* Copies once, as soon as there is something to copy. True: a signal is there as well. */
static bool copy(long ms) {
    struct __kernel_timespec time = {ms / 1000, ms % 1000 * 1000000};
    bool in = waiting(&console.input), out = waiting(&console.output);
    bool listen = console.raw && !console.deaf && !in;
    bool talk = !console.over && (in || !out); /* a hang-up is told of even when it is not asked for */
    struct pollfd polled[] = {
        {console.signals, POLLIN, 0},
        {listen ? 0 : -1, POLLIN, 0},
        {talk ? console.master : -1, (short)((out ? 0 : POLLIN) | (in ? POLLOUT : 0)), 0},
        {out ? console.out : -1, POLLOUT, 0},
    };
    if (sys(__NR_ppoll, polled, ARRAY_LENGTH(polled), ms < 0 ? NULL : &time, NULL, 8) <= 0) return false;
    if (polled[1].revents) console.deaf = !fill(&console.input, 0);
    if (polled[2].revents & POLLOUT) empty(&console.input, console.master);
    if (!out && (polled[2].revents & (POLLIN | POLLHUP))) console.over = !fill(&console.output, console.master);
    if (polled[3].revents) empty(&console.output, console.out);
    return polled[0].revents != 0;
}

int console_wait(siginfo_t *info) {
    int number = 0;
    if (!console.open) return signal_wait(info, -1);
    while (!number) {
        follow_foreground();
        if (copy(console.raw ? -1 : LOOK_AGAIN)) number = signal_wait(info, 0);
    }
    return number;
}

bool console_pause(void) {
    if (console.raw && in_foreground()) sys(__NR_ioctl, 0, TCSETSW, &console.settings);
    console.raw = false;
    return console.open;
}

void console_finish(void) {
    siginfo_t info;
    console.deaf = true;
    console.input.at = console.input.end;
    while (console.open && (waiting(&console.output) || !console.over)) {
        bool read_next = !waiting(&console.output);
        /* Where the terminal takes nothing, a signal ends the wait. */
        if (copy(read_next ? LATE : -1)) {
            int number = signal_wait(&info, 0);
            if (number == SIGHUP || number == SIGINT || number == SIGQUIT || number == SIGTERM) return;
        } else if (read_next && !waiting(&console.output) && !console.over) {
            return; /* somebody outside the container keeps it open */
        }
    }
}
