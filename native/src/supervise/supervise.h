/* The small supervisor: what stays beside an engine that cannot be left alone. Outside there are two processes, so
 * that either may be killed and nothing is left: the *front* took the place of udocker and has its number, its parent
 * and its terminal; the *keeper*, its child, is the parent of the engine and of all that the engine leaves behind.
 * Inside a process namespace there is the *init*, process 1. README.md of the engine tells how they talk. */
#ifndef SUPERVISE_H
#define SUPERVISE_H
#include <asm/siginfo.h>
#include <asm/signal.h>

#include "../sys/types.h"

/* How the engine stands between us and the program. */
enum conduct {
    DIRECT,   /* it is the program */
    THROUGH,  /* it passes signals on to process 1 of a namespace, and ends as that ends */
    DETACHED, /* it ends once process 1 runs, which becomes the keeper's child */
    AROUND    /* it traces the program, its first child, and ignores signals */
};

#define MAX_REMOVALS 8

/* The words of supervise1 and init1. */
struct duty {
    enum conduct conduct;
    int lost_status;           /* what an engine around the program exits with where it lost the program's end */
    int image;                 /* descriptor by which process 1 is to find this program; 0: none, no init */
    int fill;                  /* descriptors from 3 up to this one are open in the engine */
    int close;                 /* init: the descriptor it was started from */
    bool resize;               /* the engine does not pass on the size of the terminal */
    bool console;              /* the engine is given a terminal of ours, which the front copies */
    bool plain;                /* undo what a JavaScript runtime did that could not do so itself: SIGPIPE, SIGXFSZ ignored */
    u32 parent;                /* when this process ends, so does all; 0: none */
    const char *removals[MAX_REMOVALS];
    unsigned removal_count;
    int first_argument;        /* index of FILE */
};

/* Parse the words up to "--". 0, or -EINVAL with *complaint. */
long duty_parse(int argc, char **argv, struct duty *duty, const char **complaint);

/* How many words a word of the duty and its values are; 1 for what is none. */
int duty_word_length(const char *name);

/* The ways to be started: udocker-engine supervise1 WORD... -- FILE ARG..., and init1 WORD... -- FILE ARGV0 ARG... */
void supervise(int argc, char **argv, char **envp) __attribute__((noreturn));
void init(int argc, char **argv, char **envp) __attribute__((noreturn));

/* What front and keeper share in memory. */
struct shared {
    volatile bool done;
    volatile int status;       /* wait status of the program, once done */
    volatile u64 received;     /* signals that reached the front, bit number - 1 */
};
void keeper(const struct duty *duty, char **argv, char **envp, struct shared *shared, u64 old_mask)
    __attribute__((noreturn));

/* attend.c: the program that is attended to, and signals for it. */
struct attended {
    enum conduct conduct;
    int lost_status;
    int engine;                /* our child; 0 once it has ended */
    int first;                 /* the program itself, or process 1; 0: not known yet */
    int pidfd;                 /* of an AROUND program, -1: none */
    int fatal;                 /* the signal that was to end it */
    bool has_init;             /* process 1 is our init */
    u64 held;                  /* signals for a DETACHED program that is not there yet */
    u64 patience;              /* ms: until when they are held once the engine has gone; 0: it has not */
    u64 next;                  /* ms: when to look again; 0: never */
    unsigned looks, waits, attempts;
};
void attend(struct attended *a, const struct duty *duty, int engine);
/* Pass on a signal. `group`: our whole process group has it already. */
void attend_signal(struct attended *a, int number, bool group);
/* Do what is due; returns ms until there is more to do, or -1. */
long attend_tick(struct attended *a);
/* From the wait status of the engine, or of a DETACHED program, to that of the program. */
int attend_conclude(struct attended *a, int status);
int attend_find(struct attended *a);
/* A DETACHED engine has ended: its program is our child, or will be soon. */
void attend_left(struct attended *a);
/* Give the program's terminal the size of ours. */
void attend_resize(struct attended *a);

/* process.c: signals and processes. */
#define SIGNAL_END 63          /* between front and keeper: all has to end (also what tells of the parent's death) */
#define SIGNAL_MESSAGE 64      /* carries the number of a signal that the sender has received */
#define INIT_NAME "udocker-init" /* process 1 takes it once signals have an effect on it */
#define MESSAGE_ALONE 0x75646f /* to the init: its parent stays the same from now on */
#define SIGNAL_BIT(n) (1UL << ((n) - 1))
#define STATUS_OF_EXIT(code) ((code) << 8)

void signals_plain(void);      /* SIGPIPE and SIGXFSZ have their default effect again */
u64 signals_block(void);       /* all but the ignored ones; returns the mask as it was */
void signals_set(u64 mask);
/* The number of the next signal, 0 after `ms` (-1: never) without one. */
int signal_wait(siginfo_t *info, long ms);
void signal_send(int pid, int number);
void signal_message(int pid, int value);
int process_fork(void);
/* The next child that has ended, with its status, or 0; -ECHILD: there are no children. */
int process_reap(int *status);
/* The next child that process_reap() would tell of, without reaping it. */
int process_ended(void);
/* Kill all children, and what they leave to us, until there is nothing. For a subreaper. */
void process_end_all(void);
/* A child of `pid` other than `not`, where asked for only process 1 of a namespace; 0: none. */
int process_child(int pid, int not, bool first_only);
bool process_running(int pid);
/* Is it process 1 of a namespace of its own? Also of one that has ended but is not reaped. */
bool process_first(int pid);
/* Is it called so? */
bool process_named(int pid, const char *name);
/* Does it handle or ignore the signal? Unknown counts as yes. */
bool process_catches(int pid, int number);
bool process_apart(int pid);   /* not in our process group */
/* Start FILE, or one line and an exit with 126 or 127. */
void process_become(const char *file, char **argv, char **envp) __attribute__((noreturn));
/* The number of an exit, or 128 + signal. */
int status_code(int status);
u64 clock_ms(void);
bool is_terminal(int fd);
/* Is the terminal at descriptor 0 ours to use? */
bool in_foreground(void);
/* Let go of input and output, so that whoever is at their other ends sees the program's use of them alone. */
void drop_streams(void);

/* console.c: the container's terminal; without one, all but console_wait() do nothing. */
long console_open(void);
/* Make it the streams of this process, but for those that are no terminal. */
void console_give(void);
/* Close what only the program (and `master_too`: the front) is to have. */
void console_leave(bool master_too);
/* Give it the size of ours. False: there is none. */
bool console_resize(void);
/* The number of the next signal; until then copies. */
int console_wait(siginfo_t *info);
/* Make our terminal what it was. False: there is no console, and it was never changed here. */
bool console_pause(void);
/* Copies what the program has left. */
void console_finish(void);

/* image.c: this program as an open descriptor that nobody can write to. */
long image_open(void);
/* remove.c: a file or directory with all in it; links are not followed. */
void remove_tree(const char *path);

#endif
