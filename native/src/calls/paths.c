/* Calls whose only concern is their paths: the table says where they are and how they are to be taken. */
#include <linux/limits.h>

#include "../engine.h"
#include "../path/cache.h"
#include "../sys/raw.h"
#include "handlers.h"
#include "resolve.h"

static bool means_descriptor(const struct call *call, const struct path_argument *argument) {
    if (!(argument->how & PATH_EMPTY)) return false;
    u64 pointer = call->a[(int)argument->path];
    if (!pointer) return true;
    char first;
    if (argument->flags < 0 || !(call->a[(int)argument->flags] & AT_EMPTY_PATH)) return false;
    return arch_copy(&first, (const void *)pointer, 1) == 0 && !first;
}

static long resolve_argument(struct call *call, const struct path_argument *argument, char *text,
                             struct place *place) {
    place->path = NULL;
    if (argument->path < 0) return 0;
    if (means_descriptor(call, argument))
        return (argument->how & PATH_WRITE) && descriptor_read_only((int)call->a[(int)argument->directory]) ? -EROFS : 0;
    u32 how = argument->how;
    if (argument->flags >= 0) {
        u64 flags = call->a[(int)argument->flags];
        if (flags & AT_SYMLINK_NOFOLLOW) how &= ~(u32)PATH_FOLLOW;
        if (flags & AT_SYMLINK_FOLLOW) how |= PATH_FOLLOW;
    }
    int directory = argument->directory < 0 ? AT_FDCWD : (int)call->a[(int)argument->directory];
    long r = resolve_guest(directory, call->a[(int)argument->path], how, text, place);
    if (r == 0 && (how & PATH_WRITE) && (place->flags & PLACE_READ_ONLY))
        r = refuse_read_only(place, (how & PATH_PARENT) != 0);
    if (r < 0) return r;
    call->a[(int)argument->path] = (u64)place->path;
    if (argument->directory >= 0) call->a[(int)argument->directory] = (u64)place->directory;
    return 0;
}

long call_paths(struct call *call) {
    char text[2][PATH_SIZE];
    struct place place[2];
    for (unsigned i = 0; i < 2; i++) {
        long r = resolve_argument(call, &call->row->paths[i], text[i], &place[i]);
        if (r < 0) return r;
    }
    if (call->number == __NR_chdir && (place[0].flags & PLACE_PROC)) engine.proc_seen = true;
    long r = call_run(call);
    for (unsigned i = 0; i < 2; i++)
        if (r == 0 && place[i].path && (call->row->paths[i].how & PATH_PARENT)) cache_forget(&place[i]);
    return r;
}

long call_descriptor_change(struct call *call) {
    return descriptor_read_only((int)call->a[0]) ? -EROFS : call_run(call);
}
