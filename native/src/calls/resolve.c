/* Paths as calls meet them: relative to descriptors, with flags, copied from guest memory. */
#include "resolve.h"

#include "../engine.h"
#include "../sys/raw.h"
#include "../state/directories.h"
#include "../sys/text.h"

static long read_link(const char *host_path, char *to, size_t size) {
    long r = sys(__NR_readlinkat, AT_FDCWD, host_path, to, size - 1);
    if (r >= 0) to[r] = 0;
    return r;
}

static long check_directory(const char *host_path) {
    long fd = sys(__NR_openat, AT_FDCWD, host_path, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW, 0);
    if (fd >= 0) sys(__NR_close, fd);
    return fd < 0 ? fd : 0;
}

const struct path_host path_host_system = {read_link, check_directory, proc_magic_link};

long host_to_guest(const char *host, char *guest, size_t size) {
    return mounts_to_guest(&engine.mounts, host, guest, size);
}

/* The plain guest path of a directory descriptor. -ENOENT: removed; -EXDEV: not in the guest's tree. */
static long base_of(int directory, char *guest, size_t size) {
    char host[PATH_SIZE];
    long r;
    if (directory == AT_FDCWD) {
        r = sys(__NR_getcwd, host, sizeof(host));
        if (r < 0) return r;
    } else {
        char link[48];
        size_t n = text_put(link, 0, "/proc/thread-self/fd/");
        text_put_number(link, n, (u32)directory);
        r = directory < 0 ? -ENOENT : sys(__NR_readlinkat, AT_FDCWD, link, host, sizeof(host) - 1);
        if (r == -ENOENT) return -EBADF;
        if (r < 0) return r;
        host[r] = 0;
    }
    if (host[0] != '/') return directory == AT_FDCWD ? -EXDEV : -ENOTDIR;
    return host_to_guest(host, guest, size) < 0 ? -EXDEV : 0;
}

/* May a single name go to the kernel as it stands? Not where it may be a bind's, or a magic link of /proc. */
static bool name_is_plain(const char *name) {
    if (name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]))) return !name[1];
    if (engine.mounts.count > 1 && mounts_has_name(&engine.mounts, name)) return false;
    if (!engine.proc_seen) return true;
    if (text_equal(name, "exe") || text_equal(name, "cwd") || text_equal(name, "root")) return false;
    return name[0] < '0' || name[0] > '9';
}

static bool is_single(const char *path) {
    for (; *path; path++)
        if (*path == '/') return false;
    return true;
}

/* A single name relative to a descriptor needs no walk: one call at most, to see that it is no link. */
static bool try_straight(int directory, const char *path, u32 how, struct place *place) {
    if (!is_single(path) || ((how & PATH_WRITE) && engine.mounts.any_read_only) || !name_is_plain(path)) return false;
    if ((how & (PATH_FOLLOW | PATH_LAZY | PATH_PARENT)) == PATH_FOLLOW && path[0] != '.') {
        char target[8];
        long r = sys(__NR_readlinkat, directory, path, target, sizeof(target));
        if (r >= 0) return false;
    }
    place->directory = directory;
    place->path = path;
    place->flags = 0;
    return true;
}

static long lookup(const char *base, const char *path, u32 how, struct place *place) {
    if (!text_starts(path, "/proc/")) directories_open();
    return path_lookup(&engine.mounts, &path_host_system, base, path, how, place);
}

/* With stack of its own, so that calls that do not need it touch less memory. */
static __attribute__((noinline)) long resolve_relative(int directory, const char *path, u32 how,
                                                       struct place *place);

long resolve_at(int directory, const char *path, u32 how, struct place *place) {
    if (!path[0]) return -ENOENT;
    if (path[0] == '/') return lookup("/", path, how, place);
    if (try_straight(directory, path, how, place)) return 0;
    return resolve_relative(directory, path, how, place);
}

static long resolve_relative(int directory, const char *path, u32 how, struct place *place) {
    char base[PATH_SIZE];
    long r = base_of(directory, base, sizeof(base));
    if (r == -EXDEV) {
        /* A directory the guest was given from outside its tree: nothing of ours to translate. */
        place->directory = directory;
        place->path = path;
        place->flags = PLACE_KERNEL_FOLLOWS;
        return 0;
    }
    if (r < 0) return r;
    return lookup(base, path, how, place);
}

long resolve_walk(int directory, const char *path, u32 how, const struct path_host *host, struct place *place) {
    char base[PATH_SIZE];
    long r = path[0] == '/' ? (long)text_put(base, 0, "/") : base_of(directory, base, sizeof(base));
    return r < 0 ? r : path_walk(&engine.mounts, host, base, path, how, place);
}

long resolve_guest(int directory, u64 guest_path, u32 how, char *text, struct place *place) {
    long r = arch_copy_text(text, (const char *)guest_path, PATH_SIZE);
    if (r < 0) return r;
    return resolve_at(directory, text, how, place);
}
