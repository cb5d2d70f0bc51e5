/* The front: it has the number that udocker had, so that shells, batch systems and terminals meet it. It tells the
 * keeper of every signal it gets, stops when it is asked to, puts the terminal back, and ends as the program did. */
#include <asm/ioctls.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/resource.h>

#include "../sys/raw.h"
#include "../sys/say.h"
#include "../sys/text.h"
#include "supervise.h"

#define SETTINGS 64 /* bytes; the kernel's struct termios has 36 */

static struct terminal {
    bool known;
    u8 settings[SETTINGS];
} terminal;

static void save_terminal(void) {
    terminal.known = sys(__NR_ioctl, 0, TCGETS, terminal.settings) == 0;
}

/* An engine that was killed leaves the terminal raw. In the background it is somebody else's. */
static void restore_terminal(void) {
    if (!console_pause() && terminal.known && in_foreground()) sys(__NR_ioctl, 0, TCSETSW, terminal.settings);
}

/* As the signal would have stopped us: not at all where nobody could let us go on. */
static void stop(int number) {
    u64 all = ~0UL;
    console_pause();
    signal_send((int)sys(__NR_getpid), number);
    signals_set(all & ~SIGNAL_BIT(number));
    signals_set(all);
}

static void end_as(int status, u64 received) __attribute__((noreturn));
static void end_as(int status, u64 received) {
    int code = status_code(status);
    int number = code > 128 && code <= 128 + 64 ? code - 128 : 0;
    /* Whoever sent us the signal that ended the program wants to see us end of it: shells then leave their loops. */
    if (number && (received & SIGNAL_BIT(number))) {
        struct rlimit none = {0, 0};
        u64 all = ~0UL;
        sys(__NR_prlimit64, 0, RLIMIT_CORE, &none, NULL);
        signal_send((int)sys(__NR_getpid), number);
        signals_set(all & ~SIGNAL_BIT(number));
    }
    for (;;) sys(__NR_exit_group, code);
}

/* Is the keeper gone? Then nobody is left but us to end what it has left. */
static bool keeper_ended(int keeper) {
    int status, pid;
    bool ended = false;
    while ((pid = process_reap(&status)) > 0) ended |= pid == keeper;
    return ended;
}

static void attend_keeper(int keeper, struct shared *shared) __attribute__((noreturn));
static void attend_keeper(int keeper, struct shared *shared) {
    siginfo_t info;
    for (;;) {
        int number = console_wait(&info);
        if (number == SIGCHLD) {
            if (!keeper_ended(keeper)) continue;
            process_end_all();
            console_finish();
            restore_terminal();
            end_as(shared->done ? shared->status : SIGKILL, shared->received);
        }
        if (number == SIGNAL_END) {
            signal_send(keeper, SIGNAL_END);
        } else if (number == SIGNAL_MESSAGE) {
            signal_message(keeper, info.si_int);
        } else if (number != SIGWINCH || !console_resize()) {
            shared->received |= SIGNAL_BIT(number);
            signal_message(keeper, number);
            if (number == SIGTSTP || number == SIGTTIN || number == SIGTTOU) stop(number);
        }
    }
}

void supervise(int argc, char **argv, char **envp) {
    static struct duty duty;
    const char *complaint = "";
    if (duty_parse(argc, argv, &duty, &complaint) < 0) fail(125, "the plan makes no sense at: ", complaint);
    struct shared *shared =
        (struct shared *)sys(__NR_mmap, NULL, PAGE_LEAST, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (is_error((long)shared)) fail_errno(125, "no memory", "", (long)shared);
    save_terminal();
    if (duty.plain) signals_plain();
    u64 mask = signals_block();
    sys(__NR_prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    if (duty.parent) {
        sys(__NR_prctl, PR_SET_PDEATHSIG, SIGNAL_END, 0, 0, 0);
        if ((u32)sys(__NR_getppid) != duty.parent) end_as(STATUS_OF_EXIT(125), 0);
    }
    long r = duty.console ? console_open() : 0;
    if (r < 0) fail_errno(125, "cannot make a terminal for the container", "", r);
    int pid = process_fork();
    if (pid < 0) fail_errno(125, "cannot start a process", "", pid);
    if (pid == 0) keeper(&duty, argv, envp, shared, mask);
    console_leave(false);
    if (!duty.resize) drop_streams();
    attend_keeper(pid, shared);
}
