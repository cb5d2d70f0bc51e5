/* The beginning: which of its ways the engine was started, and the first start of a container. Everything that
 * fails before the guest runs is said here, in one line, once. */
#include <asm/stat.h>
#include <linux/auxvec.h>
#include <linux/stat.h>

#include "calls/address.h"
#include "calls/ids.h"
#include "calls/resolve.h"
#include "engine.h"
#include "exec/exec.h"
#include "mountpoints.h"
#include "probe.h"
#include "start.h"
#include "state/directories.h"
#include "state/export.h"
#include "state/import.h"
#include "supervise/supervise.h"
#include "sys/arena.h"
#include "sys/raw.h"
#include "sys/text.h"
#include "trap/calls.h"
#include "watcher.h"
#include "trap/signal.h"

struct engine engine HOT;

static void say(const char *what, const char *about, const char *more) {
    char line[PATH_SIZE + 256];
    const char *parts[] = {"udocker-engine: ", what, about, more, "\n"};
    size_t n = 0;
    for (unsigned i = 0; i < ARRAY_LENGTH(parts); i++)
        if (n + strlen(parts[i]) < sizeof(line)) n = text_put(line, n, parts[i]);
    sys(__NR_write, 2, line, n);
}

void debug_say(int level, const char *what, const char *about) {
    if (engine.plan.debug >= level) say(what, about, "");
}

void fail(int status, const char *what, const char *about) {
    say(what, about, "");
    for (;;) sys(__NR_exit_group, status);
}

void fail_errno(int status, const char *what, const char *about, long error) {
    char number[40];
    const char *known = error == -ENOENT    ? ": no such file or directory"
                        : error == -EACCES  ? ": permission denied"
                        : error == -ENOTDIR ? ": not a directory"
                        : error == -ENOEXEC ? ": not a program this host can run"
                        : error == -ENOSYS  ? ": the kernel does not know this"
                                            : NULL;
    size_t n = text_put(number, 0, ": error ");
    text_put_number(number, n, (u64)-error);
    say(what, about, known ? known : number);
    for (;;) sys(__NR_exit_group, status);
}

static void *take(size_t size) {
    void *room = arena_take(size);
    if (!room) fail(125, "the plan's paths are too long", "");
    return room;
}

char *keep(const char *text) {
    char *kept = take(strlen(text) + 1);
    text_put(kept, 0, text);
    return kept;
}

static const char *plain(const char *path) {
    return text_equal(path, "/") ? "" : path;
}

static void add_mount(const struct bind *bind) {
    const char *guest = plain(bind->guest);
    if (!guest[0]) fail(125, "a bind cannot replace the root: ", bind->host);
    size_t n = strlen(guest), size = n + mounts_of_guest(&engine.mounts, guest, n)->host_length + 1;
    char *shadow = take(size);
    long r = mounts_to_host(&engine.mounts, guest, n, shadow, size);
    if (r >= 0)
        r = mounts_add(&engine.mounts, guest, plain(bind->host), shadow, bind->read_only ? MOUNT_READ_ONLY : 0);
    if (r < 0) fail_errno(125, "cannot bind at ", bind->guest, r);
}

static void begin_mounts(void) {
    unsigned room = engine.plan.bind_count + 1;
    mounts_begin(&engine.mounts, take(room * sizeof(struct mount)), room, plain(engine.plan.root));
}

static void keep_words(char **argv, int first) {
    engine.word_count = engine.plan.first_argument - 1 - first;
    if (engine.word_count > MAX_WORDS) fail(125, "the plan has too many words", "");
    engine.words = take((size_t)(engine.word_count + WORDS_MORE) * sizeof(*argv));
    memcpy(engine.words, argv + first, (size_t)engine.word_count * sizeof(*argv));
}

void engine_prepare(int argc, char **argv, int first) {
    const char *complaint = "";
    if (plan_parse(argc, argv, first, &engine.plan, &complaint) < 0)
        fail(125, "the plan makes no sense at: ", complaint);
    keep_words(argv, first);
    begin_mounts();
    for (unsigned i = 0; i < engine.plan.bind_count; i++) add_mount(&engine.plan.binds[i]);
    if (!engine.plan.inside) return;
    engine.mounts.root = engine.plan.inside;
    engine.mounts.root_length = (u32)strlen(engine.plan.inside);
}

/* A host path without links, or the end. */
static const char *host_plain(const char *path, bool *directory) {
    char link[48], text[PATH_SIZE];
    struct stat st;
    long fd = sys(__NR_openat, AT_FDCWD, path, O_PATH | O_CLOEXEC, 0);
    if (fd < 0) fail_errno(125, "cannot open ", path, fd);
    text_put_number(link, text_put(link, 0, "/proc/self/fd/"), (u64)fd);
    long r = sys(__NR_readlinkat, AT_FDCWD, link, text, sizeof(text) - 1);
    if (r < 0) fail_errno(125, "/proc is needed to find ", path, r);
    text[r] = 0;
    sys(__NR_fstat, fd, &st);
    if (directory) *directory = S_ISDIR(st.st_mode);
    sys(__NR_close, fd);
    return keep(text);
}

/* The plan's words again, every path in them plain, so that no later exec has to look at the disk for them. */
static void make_plain(int argc, char **argv) {
    static struct place place;
    static char guest[PATH_SIZE];
    struct plan *plan = &engine.plan;
    const char *complaint = "";
    bool directory;
    if (plan_parse(argc, argv, 2, plan, &complaint) < 0) fail(125, "the plan makes no sense at: ", complaint);
    plan->root = host_plain(plan->root, &directory);
    if (!directory) fail(125, "the root is no directory: ", plan->root);
    begin_mounts();
    mountpoints_clean(plan);
    unsigned bind = 0;
    for (int i = 2; i < plan->first_argument - 1;) {
        if (text_equal(argv[i], "root")) {
            argv[i + 1] = (char *)plan->root;
        } else if (text_equal(argv[i], "bind")) {
            struct bind *b = &plan->binds[bind++];
            b->host = argv[i + 1] = (char *)host_plain(b->host, &directory);
            mountpoint_make(b->guest, directory);
            long r = path_walk(&engine.mounts, &path_host_system, "/", b->guest, PATH_FOLLOW, &place);
            if (r == 0) r = host_to_guest(place.path, guest, sizeof(guest));
            if (r < 0) fail_errno(125, "cannot bind at ", b->guest, r);
            if (r > 1 && guest[r - 1] == '/') guest[r - 1] = 0;
            b->guest = argv[i + 2] = keep(guest);
            add_mount(b);
        }
        i += plan_word_length(argv[i]);
    }
}

static void enter_directory(void) {
    static struct place place;
    long r = path_walk(&engine.mounts, &path_host_system, "/", engine.plan.cwd, PATH_FOLLOW, &place);
    if (r == 0) r = sys(__NR_chdir, place.path);
    if (r < 0) fail_errno(125, "cannot enter ", engine.plan.cwd, r);
}

void start(int argc, char **argv, char **envp, const u64 *auxv) {
    static struct program program;
    arch_ask(auxv);
    for (const u64 *pair = auxv; pair[0]; pair += 2)
        if (pair[0] == AT_PAGESZ && pair[1] != PAGE_SIZE)
            fail(125, "this kernel's pages are larger than 4 KiB; use a PRoot mode (P)", "");
    make_plain(argc, argv);
    keep_words(argv, 2);
    directories_begin();
    long outer = sys(CALL_VERSION);
    bool nested = outer == -ENGINE_ERRNO || outer == -ENGINE_EMULATES;
    if (!ids_start((u32)sys(__NR_geteuid), (u32)sys(__NR_getegid))) fail(125, "bad list of groups: ", engine.plan.groups);
    if (engine.remembers && engine.plan.state) {
        long r = owners_begin();
        if (r < 0) fail_errno(125, "cannot keep the owners of files in ", engine.plan.state, r);
    }
    enter_directory();
    address_forget_dead();
    long r = program_find(AT_FDCWD, engine.plan.exec, 0, &program);
    if (r < 0) fail_errno(r == -ENOENT || r == -ENOTDIR ? 127 : 126, "cannot run ", engine.plan.exec, r);
    signals_open();
    if (nested && engine.emulated && outer != -ENGINE_EMULATES)
        fail(125, "inside a container with the host user's own ids there can be no other with root's: ",
             "start the outer one as root");
    if (engine.plan.kill_on_exit && (r = watcher_begin()) < 0) fail_errno(125, "cannot start a process", "", r);
    r = nested ? 0 : filter_install(engine.emulated);
    if (r < 0) fail_errno(125, "this host has no seccomp filters; use a PRoot mode (P)", "", r);
    r = launch(&program, (u64)(argv + engine.plan.first_argument), (u64)envp, NULL);
    fail_errno(126, "cannot start ", engine.plan.exec, r);
}

void engine_main(u64 *stack) __attribute__((noreturn, used));
void engine_main(u64 *stack) {
    int argc = (int)stack[0];
    char **argv = (char **)(stack + 1), **envp = argv + argc + 1;
    u64 *auxv = (u64 *)envp;
    while (*auxv++) {
    }
    if (argc < 2) fail(125, "this program is started by udocker", "");
    if (text_starts(argv[1], "resume1")) resume(argc, argv, envp, auxv);
    if (text_equal(argv[1], "plan1")) start(argc, argv, envp, auxv);
    if (text_equal(argv[1], "supervise1")) supervise(argc, argv, envp);
    if (text_equal(argv[1], "init1")) init(argc, argv, envp);
    if (text_equal(argv[1], "probe")) probe(envp, auxv);
    if (text_equal(argv[1], "owners1")) owners_export(argc, argv);
    if (text_equal(argv[1], "version")) {
        static const char text[] = "udocker-engine 1\n";
        sys(__NR_write, 1, text, sizeof(text) - 1);
        for (;;) sys(__NR_exit_group, 0);
    }
    fail(125, "unknown version of the plan: ", argv[1]);
}
