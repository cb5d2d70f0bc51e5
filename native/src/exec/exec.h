/* Starting programs. An exec of the guest becomes an exec of the engine, which carries the plan and what is to be
 * kept in argument words of its own and then takes the program's place; see launch.c and resume.c. */
#ifndef EXEC_EXEC_H
#define EXEC_EXEC_H
#include "../path/path.h"
#include "../trap/slots.h"

#define SCRIPT_LINE 256 /* the kernel's BINPRM_BUF_SIZE */
#define SCRIPT_DEPTH 5
#define STATE_NUMBERS 11 /* in the state word that launch() makes, before the ids */

/* Nothing is put here. With it the beginnings of the big buffers on the way to an exec, all that is mostly touched of them,
 * come to lie on three pages of a slot; a forked child has none of them yet, and each costs it a fault. */
#define SPREAD 2048

/* What an exec leads to once scripts are resolved. */
struct program {
    bool is_engine;              /* the program is an engine itself: see nested.c */
    int fd, interpreter_fd;      /* interpreter_fd: ld.so, -1 without */
    unsigned prefix_count;       /* arguments before the guest's own, made by scripts */
    bool replaces_first;         /* the guest's argv[0] gives way to them */
    const char *prefix[2 * SCRIPT_DEPTH + 2];
    const char *script;          /* the path by which the guest named the file */
    const char *guest;           /* plain guest path of the ELF file */
    size_t used;                 /* of `texts`, which lie close together: most are short, and pages cost */
    char texts[3 * PATH_SIZE + SPREAD];
    char lines[SCRIPT_DEPTH][SCRIPT_LINE + 2];
};

/* Find and open what `path` (engine memory that lives as long as `program`, relative to `directory`; it may be the first
 * of its texts, with `used` telling so) starts. `flags`: AT_SYMLINK_NOFOLLOW and
 * AT_EMPTY_PATH as in execveat. 0 or -errno; on success the caller closes the descriptors. */
long program_find(int directory, const char *path, u64 flags, struct program *program);
void program_close(struct program *program);

/* Replace this process. Returns only on failure, -errno. `slot` may be NULL at the very start. */
long launch(struct program *program, u64 argv, u64 envp, struct slot *slot);

/* The same for an engine started by a guest, whose words are translated. */
long launch_engine(u64 argv, long argc, u64 envp, struct slot *slot);

/* After launch(): the words at argv[2]... were made by it. Never returns. */
void resume(int argc, char **argv, char **envp, u64 *auxv) __attribute__((noreturn));

extern u64 stop_before_program; /* set by a tracer, in its tracee: see calls/trace.c */
extern u32 trace_me_deferred; /* the vfork child that asked for PTRACE_TRACEME; done behind its exec, in resume() */

#endif
