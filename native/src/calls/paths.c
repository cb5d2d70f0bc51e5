/* Calls whose only concern is their paths: the table says where they are and how they are to be taken. */
#include <asm/stat.h>
#include <linux/limits.h>
#include <linux/stat.h>

#include "../engine.h"
#include "../near.h"
#include "../state/directories.h"
#include "../sys/descriptor.h"
#include "../sys/raw.h"
#include "../sys/text.h"
#include "handlers.h"
#include "owners.h"
#include "resolve.h"
#include "running.h"
#include "wish.h"

static bool means_descriptor(const struct call *call, const struct path_argument *argument) {
    if (!(argument->how & PATH_EMPTY)) return false;
    u64 pointer = call->a[(int)argument->path];
    if (!pointer) return true;
    char first;
    if (argument->flags < 0 || !(call->a[(int)argument->flags] & AT_EMPTY_PATH)) return false;
    return arch_copy(&first, (const void *)pointer, 1) == 0 && !first;
}

static bool sets_times(long number) {
#ifdef __NR_futimesat
    if (number == __NR_futimesat) return true;
#endif
    return number == __NR_utimensat;
}

static bool makes_directory(long number) {
#ifdef __NR_mkdir
    if (number == __NR_mkdir) return true;
#endif
    return number == __NR_mkdirat;
}

/* What kind of file it is comes before where it lies. */
static long refuse_truncate(const struct place *place) {
    struct stat st;
    long r = sys(__NR_newfstatat, place->directory, place->path, &st, 0);
    if (r < 0) return r;
    return S_ISDIR(st.st_mode) ? -EISDIR : S_ISREG(st.st_mode) ? -EROFS : -EINVAL;
}

static long refuse(const struct call *call, u32 how, const struct place *place) {
    if (how & PATH_PARENT) return refuse_creation(place, makes_directory(call->number));
    if (call->number == __NR_truncate && (place->flags & PLACE_READ_ONLY)) return refuse_truncate(place);
    long r = refuse_change(place);
    return r == 0 && call->number == __NR_truncate ? running_refuses(place, O_WRONLY) : r;
}

static long resolve_argument(struct call *call, const struct path_argument *argument, char *text,
                             struct place *place) {
    place->path = NULL;
    if (argument->path < 0) return 0;
    bool nothing = !call->a[(int)argument->path], attribute = attribute_use(call->number).need;
    if (nothing && !attribute && argument->flags >= 0 && call->a[(int)argument->flags]) return 0; /* EINVAL */
    if (means_descriptor(call, argument)) {
        int fd = (int)call->a[(int)argument->directory];
        if (!(argument->how & PATH_WRITE) || wish_refuses(call->number, fd)) return 0;
        bool times = nothing && sets_times(call->number);
        if (times && !descriptor_is_open(fd)) return 0; /* EFAULT, or EBADF for a path alone */
        return descriptor_read_only(fd) ? -EROFS : 0;
    }
    u32 how = argument->how;
    if (argument->flags >= 0) {
        u64 flags = call->a[(int)argument->flags];
        if (flags & AT_SYMLINK_NOFOLLOW) how &= ~(u32)PATH_FOLLOW;
        if (flags & AT_SYMLINK_FOLLOW) how |= PATH_FOLLOW;
    }
    int directory = argument->directory < 0 ? AT_FDCWD : (int)call->a[(int)argument->directory];
    long r = resolve_guest(directory, call->a[(int)argument->path], how, text, place);
    if (r == 0 && (how & PATH_WRITE)) r = refuse(call, how, place);
    if (r < 0) return r;
    call->a[(int)argument->path] = (u64)place->path;
    if (argument->directory < 0) return 0;
    struct near near = near_place(place);
    call->a[(int)argument->path] = (u64)near.path;
    call->a[(int)argument->directory] = (u64)near.directory;
    return 0;
}

/* Which of a call's two paths names something new, -1: none. */
static int made_path(const struct call *call) {
    switch (call->number) {
#ifdef __NR_mkdir
    case __NR_mkdir:
    case __NR_mknod: return 0;
    case __NR_symlink: return 1;
#endif
    case __NR_mkdirat:
    case __NR_mknodat: return 0;
    case __NR_symlinkat: return 1;
    default: return -1;
    }
}

/* The call under emulated root: who a new file belongs to is remembered. */
static long run_remembering(struct call *call, const struct place place[2]) {
    int made = made_path(call);
    long r = call_run(call);
    if (r == 0 && made >= 0) file_made(&place[made]);
    if (r == 0 && call->number == __NR_truncate)
        file_written(place->directory, place->path, place->flags & PLACE_KERNEL_FOLLOWS ? AT_SYMLINK_FOLLOW : 0);
    if (r == 0 && makes_directory(call->number) && engine.mounts.cache)
        __atomic_add_fetch(&engine.mounts.cache->rights, 1, __ATOMIC_RELEASE);
    return r;
}

/* May success have changed where directory texts lead? Names made or removed as directories need not be told: see
 * path/cache.h. Permissions decide whether a way may be gone at all. */
static bool changes_ways(long number, u32 how) {
    switch (number) {
#ifdef __NR_mkdir
    case __NR_mkdir:
    case __NR_mknod:
#endif
    case __NR_mkdirat:
    case __NR_mknodat: return false;
#ifdef __NR_chmod
    case __NR_chmod:
#endif
    case __NR_fchmodat:
    case __NR_fchmodat2: return true;
    default: return how & PATH_PARENT;
    }
}

/* The text of a symbolic link is looked at before its place. */
static bool is_empty_link(const struct call *call) {
    char first;
    const struct path_argument *paths = call->row->paths;
    if (paths[0].path >= 0 || paths[1].path < 0) return false;
    return arch_copy(&first, (const void *)call->a[0], 1) == 0 && !first;
}

long call_paths(struct call *call) {
    char text[2][PATH_SIZE];
    struct place place[2];
    if (is_empty_link(call)) return -ENOENT;
    for (unsigned i = 0; i < 2; i++) {
        long r = resolve_argument(call, &call->row->paths[i], text[i], &place[i]);
        if (r < 0) return r;
    }
    if (call->number == __NR_chdir && (place[0].flags & PLACE_PROC)) engine.proc_seen = true;
    /* at most one of the paths is changed */
    const struct place *changed = NULL;
    for (unsigned i = 0; i < 2; i++)
        if (call->row->paths[i].path >= 0 && changes_ways(call->number, call->row->paths[i].how)) changed = &place[i];
    int change = changed ? change_begin(changed) : -1;
    long r = engine.remembers ? run_remembering(call, place) : call_run(call);
    if (r == 0 && changed) tell_cache(changed);
    change_end(change);
    return r;
}
