/* ETXTBSY for running programs; see running.h. */
#include "running.h"

#include <asm/stat.h>
#include <asm/statfs.h>
#include <linux/magic.h>
#include <linux/stat.h>

#include "../calls/resolve.h"
#include "../engine.h"
#include "../state/directories.h"
#include "../sys/raw.h"
#include "../sys/text.h"

#define LOCKED_BYTE 0x7ffffffffffffffeL
#define MAGIC_ZFS 0x2fc12fc1
#define MAGIC_BCACHEFS 0xca451a4e

static const struct flock wanted = {.l_type = F_RDLCK, .l_start = LOCKED_BYTE, .l_len = 1};

static bool locks_locally(u64 type) {
    switch (type) {
    case EXT4_SUPER_MAGIC:
    case XFS_SUPER_MAGIC:
    case BTRFS_SUPER_MAGIC:
    case TMPFS_MAGIC:
    case F2FS_SUPER_MAGIC:
    case MAGIC_ZFS:
    case MAGIC_BCACHEFS: return true;
    default: return false;
    }
}

void running_begin(struct cache *cache) {
    struct statfs fs;
    struct stat st;
    bool found = sys(__NR_statfs, engine.plan.root, &fs) == 0 && sys(__NR_newfstatat, AT_FDCWD, engine.plan.root, &st, 0) == 0;
    cache->lockable = found && locks_locally((u32)fs.f_type) ? (u32)st.st_dev : 0;
}

void running_lock(int fd) {
    struct flock lock = wanted;
    struct stat st;
    struct cache *cache = directories_open();
    if (!cache || !cache->lockable || sys(__NR_fstat, fd, &st) < 0 || st.st_dev != cache->lockable) return;
    sys(__NR_fcntl, fd, F_OFD_SETLK, &lock);
}

void running_note(const char *host) {
    struct cache *cache = directories_open();
    const char *name = text_last_name(host);
    if (cache && cache->lockable) cache_note_program(cache, name, strlen(name));
}

static bool known(const char *name, size_t length) {
    struct cache *cache = directories_open();
    return cache && cache->lockable && cache_may_be_program(cache, name, length);
}

bool running_known(const char *path) {
    const char *name = text_last_name(path);
    return known(name, strlen(name));
}

static bool place_known(const struct place *place) {
    size_t n = place->length, at = n;
    if (place->path != place->text) return running_known(place->path);
    while (at && place->text[at - 1] != '/') at--;
    return known(place->text + at, n - at);
}

/* The file is there, regular, and may be opened so: is it locked? Else the call itself finds out what is wrong. */
static __attribute__((noinline)) long look_for_lock(const struct place *place, u64 flags) {
    struct stat st;
    struct flock lock = wanted;
    u64 follow = place->flags & PLACE_KERNEL_FOLLOWS ? 0 : AT_SYMLINK_NOFOLLOW;
    lock.l_type = F_WRLCK;
    if (sys(__NR_newfstatat, place->directory, place->path, &st, follow) < 0 || !S_ISREG(st.st_mode)) return 0;
    u64 access = (flags & O_ACCMODE ? flags & O_ACCMODE : O_RDWR) | (flags & O_DIRECTORY) | (follow ? O_NOFOLLOW : 0);
    long fd = sys(__NR_openat, place->directory, place->path, access | O_NONBLOCK | O_CLOEXEC, 0);
    if (fd < 0) return 0;
    bool locked = sys(__NR_fcntl, fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    sys(__NR_close, fd);
    return locked ? -ETXTBSY : 0;
}

static __attribute__((noinline)) bool target_known(const struct place *place) {
    char host[PATH_SIZE];
    return place_target(place, host, sizeof(host)) > 0 && running_known(host);
}

long running_refuses(const struct place *place, u64 flags) {
    if ((flags & O_PATH) || !(flags & (O_ACCMODE | O_TRUNC)) || (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)) return 0;
    bool is_known = place->flags & PLACE_KERNEL_FOLLOWS ? target_known(place) : place_known(place);
    return is_known ? look_for_lock(place, flags) : 0;
}

void running_moved(const struct place *from, const struct place *to) {
    if (place_known(from)) running_note(to->path);
}
