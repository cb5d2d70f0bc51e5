/* chroot under emulated root: what this process calls "/" becomes a directory of the table's tree. Programs it starts
 * learn so by a word behind the plan's. As in the kernel, the working directory may stay outside. */
#include "../engine.h"
#include "../sys/limits.h"
#include "../sys/raw.h"
#include "../sys/text.h"
#include "handlers.h"
#include "ids.h"
#include "resolve.h"

static void set_root(const char *guest, size_t length) {
    int at = engine.word_count;
    static char root[PATH_SIZE];
    bool known = engine.mounts.root_length != 0 || (at >= 2 && text_equal(engine.words[at - 2], "inside"));
    if (length == 1) length = 0;
    memcpy(root, length ? guest : "/", (length ? length : 1) + 1);
    engine.mounts.root = root;
    engine.mounts.root_length = (u32)length;
    if (known) at -= 2;
    engine.words[at] = "inside";
    engine.words[at + 1] = engine.mounts.root;
    engine.word_count = length ? at + 2 : at;
}

long call_chroot(struct call *call) {
    char text[PATH_SIZE], host[PATH_SIZE], link[48];
    struct place place;
    long r = resolve_guest(AT_FDCWD, call->a[0], PATH_FOLLOW, text, &place);
    if (r < 0) return r;
    long fd = open_path_alone(place.directory, place.path, O_DIRECTORY);
    if (fd < 0) return fd;
    if (!engine.plan.emulate_root || !ids_capable(ids_now(), CAP_SYS_CHROOT)) {
        r = sys(__NR_faccessat, place.directory, place.path, 1 /* X_OK */);
        sys(__NR_close, fd);
        return r < 0 ? r : -EPERM;
    }
    text_put_number(link, text_put(link, 0, "/proc/thread-self/fd/"), (u64)fd);
    r = sys(__NR_readlinkat, AT_FDCWD, link, host, sizeof(host) - 1);
    sys(__NR_close, fd);
    if (r < 0) return r;
    if (!ids_capable(ids_now(), CAP_SYS_CHROOT)) return -EPERM;
    host[r] = 0;
    r = mounts_to_table(&engine.mounts, host, text, sizeof(text));
    if (r < 0) return -EACCES;
    set_root(text, (size_t)r);
    return 0;
}
