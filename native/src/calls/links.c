/* readlink and getcwd: host paths on their way to the guest. */
#include "../engine.h"
#include "../near.h"
#include "../sys/raw.h"
#include "../sys/text.h"
#include "handlers.h"
#include "own-descriptor.h"
#include "resolve.h"

/* Does this place lie under /proc/PID, where links show host paths? */
static long proc_link(const struct place *place, char *to, size_t size) {
    char host[PATH_SIZE];
    if (!(place->flags & PLACE_PROC)) return -EINVAL;
    long r = proc_magic_link(place->path, true, to, size);
    if (r != -EXDEV && (r < 0 || !(r & MAGIC_REMOVED))) return r < 0 ? r : r & ~(long)MAGIC_JUMP;
    r = sys(__NR_readlinkat, place->directory, place->path, host, sizeof(host) - 1);
    if (r < 0) return r;
    host[r] = 0;
    if (host[0] == '/' && host_to_guest(host, to, size) >= 0) return (long)strlen(to);
    return (long)text_put(to, 0, host);
}

/* Is the guest's /proc the host's, as far as the table tells? Static programs all ask for /proc/self/exe. */
static bool proc_is_the_host_s(void) {
    const struct mounts *m = &engine.mounts;
    const struct mount *mount = mounts_of_guest(m, "/proc/self/exe", 14);
    return !m->root_length && text_equal(mount->guest, "/proc") && text_equal(mount->host, "/proc");
}

static long give(u64 buffer, const char *text, size_t length, u64 size) {
    if (length > size) length = size;
    long copied = arch_copy((void *)buffer, text, length);
    return copied < 0 ? copied : (long)length;
}

static __attribute__((noinline)) long read_any(struct call *call, int directory, u64 path, u64 buffer, u64 size) {
    struct path_room room;
    struct place *place = &room.place;
    char target[PATH_SIZE];
    long r = resolve_copy(path, place);
    if (r < 0) return r;
    if (!r && call->number == __NR_readlinkat)
        return descriptor_is_own((u32)directory) ? -EBADF : sys(__NR_readlinkat, directory, path, buffer, size);
    r = resolve_copied(directory, (size_t)r, 0, room.text, place);
    if (r < 0) return r;
    r = proc_link(place, target, sizeof(target));
    if (r == -EINVAL) {
        struct near near = near_place(place);
        return sys(__NR_readlinkat, near.directory, near.path, buffer, size);
    }
    return r < 0 ? r : give(buffer, target, (size_t)r, size);
}

/* What most short programs ask comes first, and touches little memory. */
static long do_readlink(struct call *call, int directory, u64 path, u64 buffer, u64 size) {
    static const char exe[] = "/proc/self/exe";
    char head[sizeof(exe)];
    if ((int)size <= 0) return -EINVAL;
    if (arch_copy_text(head, (const char *)path, sizeof(head)) >= 0 && text_equal(head, exe) && proc_is_the_host_s())
        return give(buffer, engine.program, strlen(engine.program), size);
    return read_any(call, directory, path, buffer, size);
}

long call_readlink(struct call *call) {
    return do_readlink(call, AT_FDCWD, call->a[0], call->a[1], call->a[2]);
}

long call_readlinkat(struct call *call) {
    return do_readlink(call, (int)call->a[0], call->a[1], call->a[2], call->a[3]);
}

long call_getcwd(struct call *call) {
    char host[PATH_SIZE], guest[PATH_SIZE];
    long r = sys(__NR_getcwd, host, sizeof(host));
    if (r < 0) return r;
    r = host_to_guest(host, guest, sizeof(guest));
    if (r < 0) r = (long)text_put(guest, 0, host);
    if ((u64)r + 1 > call->a[1]) return -ERANGE;
    long copied = arch_copy((void *)call->a[0], guest, (size_t)r + 1);
    return copied < 0 ? copied : r + 1;
}
