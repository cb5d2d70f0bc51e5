/* The engine after launch(): read the words, load the program, make stack and kernel records look as if the kernel
 * had loaded it itself, and jump. */
#include <linux/auxvec.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/ptrace.h>

#include "../calls/ids.h"
#include "../engine.h"
#include "../state/ownership.h"
#include "../sys/raw.h"
#include "../sys/say.h"
#include "../sys/text.h"
#include "../trap/rewrite.h"
#include "../trap/signal.h"
#include "../watcher.h"
#include "elf.h"
#include "exec.h"
#include "own-file.h"

u64 stop_before_program HOT;

#define MOST_PAIRS 40

struct kept {
    u64 fd, interpreter_fd, inherited, proc_seen, known, container;
    struct own_file file;
    u64 moves, root_descriptors;
    u64 trace_me;    /* PTRACE_TRACEME was put off until the program stands ready */
    u64 secure;      /* the program gained rights: AT_SECURE */
    const char *ids; /* behind those: only under emulation */
};

static bool parse_state(const char *text, struct kept *kept) {
    u64 *values[] = {&kept->fd,    &kept->interpreter_fd, &kept->inherited,   &kept->proc_seen,
                     &kept->known, &kept->container,      &kept->file.device, &kept->file.inode,
                     &kept->moves, &kept->root_descriptors, &kept->trace_me};
    _Static_assert(ARRAY_LENGTH(values) == STATE_NUMBERS, "STATE_NUMBERS");
    for (unsigned i = 0; i < ARRAY_LENGTH(values); i++) {
        if (i && *text++ != ',') return false;
        if (!text_number(text, values[i], &text)) return false;
    }
    kept->secure = 0;
    kept->ids = NULL;
    if (!*text) return true;
    if (*text++ != ',' || !text_number(text, &kept->secure, &text) || *text++ != ',') return false;
    kept->ids = text;
    return true;
}

static u64 *auxiliary(u64 *auxv, u64 type) {
    for (; auxv[0]; auxv += 2)
        if (auxv[0] == type) return &auxv[1];
    return NULL;
}

static void set_auxiliary(u64 *auxv, u64 type, u64 value) {
    u64 *entry = auxiliary(auxv, type);
    if (entry) *entry = value;
}

/* Become who the last program said this one is, and tell it so. */
static bool take_ids(const struct kept *kept, u64 *auxv) {
    u64 *uid = auxiliary(auxv, AT_EUID), *gid = auxiliary(auxv, AT_EGID);
    if (!ids_start(uid ? (u32)*uid : (u32)sys(__NR_geteuid), gid ? (u32)*gid : (u32)sys(__NR_getegid))) return false;
    if (!engine.emulated) return true;
    const char *text = kept->ids;
    struct ids *ids = &process_ids;
    ids_carry_none();
    if (!text || !ids_read(ids, &text) || *text) return false;
    own_ids.hidden = ids->user.effective != ids->user.real || ids->group.effective != ids->group.real || kept->secure;
    own_ids.ready = 1;
    set_auxiliary(auxv, AT_UID, ids->user.real);
    set_auxiliary(auxv, AT_EUID, ids->user.effective);
    set_auxiliary(auxv, AT_GID, ids->group.real);
    set_auxiliary(auxv, AT_EGID, ids->group.effective);
    return true;
}

/* In whole pages, below `most` bytes. */
static u64 random_distance(u64 *auxv, unsigned offset, u64 most) {
    u64 *bytes = auxiliary(auxv, AT_RANDOM);
    u32 value;
    static long personality HOT; /* one more than what it is */
    if (!personality) personality = sys(__NR_personality, 0xffffffff) + 1;
    if (!bytes || ((personality - 1) & 0x0040000 /* ADDR_NO_RANDOMIZE */)) return 0;
    memcpy(&value, (u8 *)*bytes + offset, 4);
    return (value * 2654435761u) % (most / arch_page()) * arch_page();
}

/* Map one file; how many program headers it has, or -errno. */
static __attribute__((noinline)) long load_file(int fd, u64 base, struct elf_loaded *loaded) {
    struct elf_file elf;
    long r = elf_read_head(fd, &elf);
    if (r < 0) return r;
    u64 more[elf_more(&elf)];
    elf.more = more;
    if ((r = elf_read(fd, &elf)) == 0) r = elf_map(fd, &elf, base, loaded);
    sys(__NR_close, fd);
    return r < 0 ? r : elf.header.e_phnum;
}

/* Load program and ld.so; where to jump comes back in *entry. */
static long load(const struct kept *kept, u64 *auxv, struct elf_loaded *program, u64 *entry) {
    struct elf_loaded interpreter;
    long headers = load_file((int)kept->fd, ARCH_PIE_BASE + random_distance(auxv, 0, 1UL << 34), program);
    if (headers < 0) return headers;
    *entry = program->entry;
    interpreter.bias = 0;
    if (kept->interpreter_fd) {
        long r = load_file((int)kept->interpreter_fd - 1, 0, &interpreter);
        if (r < 0) return r;
        *entry = interpreter.entry;
    }
    set_auxiliary(auxv, AT_PHDR, program->headers);
    set_auxiliary(auxv, AT_PHNUM, (u64)headers);
    set_auxiliary(auxv, AT_BASE, interpreter.bias);
    set_auxiliary(auxv, AT_ENTRY, program->entry);
    return 0;
}

/* What the kernel notes of a process: heap, command line, environment, auxiliary vector. Needs CONFIG_CHECKPOINT_RESTORE;
 * without it the heap begins behind the engine and ps shows its words, no more. */
static void set_records(const struct elf_loaded *p, char **argv, char **envp, u64 *auxv) {
    u64 heap = (p->end + 2 * arch_page() - 1) & ~(arch_page() - 1);
    int argc = 0, envc = 0, pairs = 0;
    while (argv[argc]) argc++;
    while (envp[envc]) envc++;
    while (auxv[2 * pairs]) pairs++;
    heap += random_distance(auxv, 8, 1UL << 25);
    u64 arg_end = argc ? (u64)argv[argc - 1] + strlen(argv[argc - 1]) + 1 : (u64)envp;
    u64 env_end = envc ? (u64)envp[envc - 1] + strlen(envp[envc - 1]) + 1 : arg_end;
    struct prctl_mm_map map = {
        .start_code = p->start_code, .end_code = p->end_code > p->start_code ? p->end_code : p->start_code + 1,
        .start_data = p->start_data, .end_data = p->end_data > p->start_data ? p->end_data : p->start_data,
        .start_brk = heap, .brk = heap,
        .start_stack = (u64)(argv - 1),
        .arg_start = argc ? (u64)argv[0] : arg_end, .arg_end = arg_end,
        .env_start = arg_end, .env_end = env_end,
        .auxv = (__u64 *)auxv, .auxv_size = (u32)(pairs + 1) * 16,
        .exe_fd = (u32)-1,
    };
    u64 numbered[2 * MOST_PAIRS];
    long r = -EINVAL;
    if (engine.container && pairs + 2 <= MOST_PAIRS) {
        memcpy(numbered, auxv, (size_t)pairs * 16);
        u64 end[] = {AT_CONTAINER, engine.container, 0, 0};
        memcpy(numbered + 2 * pairs, end, sizeof(end));
        map.auxv = (__u64 *)numbered, map.auxv_size += 16;
        r = sys(__NR_prctl, PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0);
        map.auxv = (__u64 *)auxv, map.auxv_size -= 16;
    }
    if (r < 0) r = sys(__NR_prctl, PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0);
    if (r < 0) debug_say(1, "the kernel keeps the engine's own process records", "");
}

void resume(int argc, char **argv, char **envp, u64 *auxv) {
    struct kept kept;
    struct elf_loaded program;
    u64 entry = 0;
    int at = text_equal(argv[1], "resume1p") ? 3 : 2;
    if (argc < at + 4 || !parse_state(argv[at], &kept)) fail(125, "bad resume words", "");
    engine.proc_seen = kept.proc_seen != 0; /* written before anything there is read: a page costs one fault then, not two */
    engine.program = engine_keep(argv[at + 1]);
    engine.container = kept.container;
    arch_begin(kept.known);
    engine_prepare(argc, argv, at + 3);
    engine.mounts.moves = kept.moves;
    if (kept.root_descriptors && sys(__NR_fcntl, kept.root_descriptors, F_GETFD) >= 0)
        engine.root_descriptors = (int)kept.root_descriptors;
    const u64 *name = auxiliary(auxv, AT_EXECFN);
    own_file_resume(name ? (const char *)*name : NULL, &kept.file);
    char **guest_argv = argv + engine.plan.first_argument;
    long r = slots_begin();
    if (r < 0) fail_errno(125, "this kernel is too old for the engine: Linux 4.14 is needed", "", r);
    if (!take_ids(&kept, auxv)) fail(125, "bad resume words", "");
    rewrite_begin();
    r = signals_begin(kept.inherited);
    if (r == 0) r = load(&kept, auxv, &program, &entry);
    if (r < 0) fail_errno(126, "cannot load ", engine.program, r);
    if (engine.remembers && engine.plan.state) ownership_resume(); /* now that a descriptor is free for sure */
    set_auxiliary(auxv, AT_EXECFN, (u64)argv[at + 2]);
    set_auxiliary(auxv, AT_SECURE, kept.secure);
    set_records(&program, guest_argv, envp, auxv);
    sys(__NR_prctl, PR_SET_NAME, text_last_name(argv[at + 2]));
    if (program.executable_stack)
        sys(__NR_mprotect, (u64)argv & ~(arch_page() - 1), arch_page(),
            PROT_READ | PROT_WRITE | PROT_EXEC | PROT_GROWSDOWN);
    u64 *stack = (u64 *)(guest_argv - 1);
    *stack = (u64)(argc - engine.plan.first_argument);
    if (kept.trace_me) {
        sys(__NR_ptrace, PTRACE_TRACEME, 0, 0, 0);
        sys(__NR_tgkill, sys(__NR_getpid), sys(__NR_gettid), SIGTRAP);
    } else if (stop_before_program) {
        stop_before_program = 0;
        sys(__NR_tgkill, sys(__NR_getpid), sys(__NR_gettid), SIGTRAP);
        sys(__NR_rt_sigprocmask, SIG_BLOCK, NULL, NULL, 8); /* stands for the end of the exec */
    }
    arch_jump(entry, (u64)stack);
}
