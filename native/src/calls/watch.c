/* inotify and fanotify: their own flags say whether a link is followed. */
#include <linux/fanotify.h>
#include <linux/inotify.h>

#include "../sys/raw.h"
#include "handlers.h"
#include "resolve.h"

#define IN_FLAGS (IN_UNMOUNT | IN_Q_OVERFLOW | IN_IGNORED | IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK | IN_MASK_CREATE | IN_MASK_ADD | IN_ISDIR | IN_ONESHOT)

long call_inotify(struct call *call) {
    char text[PATH_SIZE];
    struct place place;
    bool follow = !(call->a[2] & IN_DONT_FOLLOW);
    if (!(call->a[2] & (IN_ALL_EVENTS | IN_FLAGS))) return -EINVAL;
    long r = resolve_guest(AT_FDCWD, call->a[1], follow ? PATH_FOLLOW : 0, text, &place);
    if (r < 0) return r;
    u64 mask = call->a[2] | (place.flags & PLACE_KERNEL_FOLLOWS ? 0 : IN_DONT_FOLLOW);
    return sys(__NR_inotify_add_watch, call->a[0], place.path, mask);
}

/* A NULL path is the descriptor itself. */
long call_fanotify(struct call *call) {
    char text[PATH_SIZE];
    struct place place;
    bool follow = !(call->a[1] & FAN_MARK_DONT_FOLLOW);
    if (!call->a[4]) return call_run(call);
    long r = resolve_guest((int)call->a[3], call->a[4], follow ? PATH_FOLLOW : 0, text, &place);
    if (r < 0) return r;
    u64 flags = call->a[1] | (place.flags & PLACE_KERNEL_FOLLOWS ? 0 : FAN_MARK_DONT_FOLLOW);
    return sys(__NR_fanotify_mark, call->a[0], flags, call->a[2], place.directory, place.path);
}
