/* The first start of a container: the plan's paths made plain, mount points made, then the guest. Everything that
 * fails before the guest runs is said here, in one line, once. */
#include "start.h"

#include <asm/stat.h>
#include <linux/auxvec.h>
#include <linux/stat.h>

#include "calls/ids.h"
#include "calls/own-descriptor.h"
#include "calls/resolve.h"
#include "calls/running.h"
#include "engine.h"
#include "exec/exec.h"
#include "exec/own-file.h"
#include "mountpoints.h"
#include "state/directories.h"
#include "state/import.h"
#include "state/moves.h"
#include "state/socket-names.h"
#include "sys/raw.h"
#include "sys/say.h"
#include "sys/text.h"
#include "trap/calls.h"
#include "trap/signal.h"
#include "watcher.h"
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
    return engine_keep(text);
}

/* The plan's words again, every path in them plain, so that no later exec has to look at the disk for them. */
static void make_plain(int argc, char **argv) {
    static struct place place;
    static char guest[PATH_SIZE];
    struct plan *plan = &engine.plan;
    bool directory;
    engine_parse(argc, argv, 2);
    plan->root = host_plain(plan->root, &directory);
    if (!directory) fail(125, "the root is no directory: ", plan->root);
    engine_begin_mounts();
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
            b->guest = argv[i + 2] = engine_keep(guest);
            engine_add_mount(b);
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
    make_plain(argc, argv);
    engine_keep_words(argv, 2);
    directories_begin(running_lockable(), moves_made());
    long outer = sys(CALL_VERSION);
    bool nested = outer == -ENGINE_ERRNO || outer == -ENGINE_EMULATES;
    if (!ids_start((u32)sys(__NR_geteuid), (u32)sys(__NR_getegid))) fail(125, "bad list of groups: ", engine.plan.groups);
    if (engine.remembers && engine.plan.state) {
        long r = owners_begin();
        if (r == -ENODEV)
            fail(125, "files on this file system cannot be mapped by several processes (keep containers on another, "
                      "or run as a user other than root), so owners cannot be kept in ", engine.plan.state);
        if (r < 0) fail_errno(125, "cannot keep the owners of files in ", engine.plan.state, r);
    }
    enter_directory();
    socket_names_forget_dead();
    long r = program_find(AT_FDCWD, engine.plan.exec, 0, &program);
    if (r < 0) fail_errno(r == -ENOENT || r == -ENOTDIR ? 127 : 126, "cannot run ", engine.plan.exec, r);
    signals_open();
    own_file_begin();
    if (!nested) own_descriptors_open();
    if (nested && engine.emulated && outer != -ENGINE_EMULATES)
        fail(125, "inside a container with the host user's own ids there can be no other with root's: ",
             "start the outer one as root");
    if (engine.plan.kill_on_exit && (r = watcher_begin()) < 0) fail_errno(125, "cannot start a process", "", r);
    r = nested ? 0 : filter_install(engine.emulated);
    if (r < 0) fail_errno(125, "this host has no seccomp filters; use a PRoot mode (P)", "", r);
    r = launch(&program, (u64)(argv + engine.plan.first_argument), (u64)envp, NULL);
    fail_errno(126, "cannot start ", engine.plan.exec, r);
}
