/* What is answered without being done. */
#include <asm/stat.h>
#include <linux/stat.h>

#include "../sys/raw.h"
#include "handlers.h"
#include "resolve.h"

/* Paths are looked up before privileges are asked for. */
long call_not_permitted(struct call *call) {
    char text[PATH_SIZE];
    struct place place;
    struct stat st;
    const struct path_argument *argument = &call->row->paths[0];
    if (argument->path < 0) return -EPERM;
    long r = resolve_guest(AT_FDCWD, call->a[(int)argument->path], argument->how, text, &place);
    u64 flags = r == 0 && !(place.flags & PLACE_KERNEL_FOLLOWS) ? AT_SYMLINK_NOFOLLOW : 0;
    if (r == 0) r = sys(__NR_newfstatat, place.directory, place.path, &st, flags);
    return r < 0 ? r : -EPERM;
}

long call_not_supported(struct call *call) {
    (void)call;
    return -ENOSYS;
}

/* An audit message of an emulated root would be refused, which login programs take for a reason to end; that the
 * kernel has no audit system is none. */
long call_no_protocol(struct call *call) {
    (void)call;
    return -EPROTONOSUPPORT;
}

/* A shadow stack would have to know of every return that the engine makes for the guest. As on a CPU without. */
long call_arch_prctl(struct call *call) {
    (void)call;
    return -EOPNOTSUPP;
}
