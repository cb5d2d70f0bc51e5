/* Paths as calls meet them: relative to descriptors, with flags, copied from guest memory. */
#include "resolve.h"

#include <asm/stat.h>
#include <linux/stat.h>

#include "../engine.h"
#include "../sys/raw.h"
#include "../state/directories.h"
#include "../sys/text.h"
#include "views.h"

static long read_link(const char *host_path, char *to, size_t size) {
    long r = sys(__NR_readlinkat, AT_FDCWD, host_path, to, size - 1);
    if (r >= 0) to[r] = 0;
    return r;
}

static long check_directory(const char *host_path) {
    char text[PATH_ROOM + 4];
    text_put(text, text_put(text, 0, host_path), "/."); /* no descriptor: there may be none left */
    return sys(__NR_faccessat, AT_FDCWD, text, 0);
}

const struct path_host path_host_system = {read_link, check_directory, proc_magic_link};

long host_to_guest(const char *host, char *guest, size_t size) {
    return mounts_to_guest(&engine.mounts, host, guest, size);
}

long removed_place(const char *link, char *host, char *guest, size_t size) {
    static const char suffix[] = " (deleted)";
    struct stat st;
    size_t n = strlen(host), length = sizeof(suffix) - 1;
    if (n < length || !text_equal(host + n - length, suffix)) return 0;
    if (sys(__NR_newfstatat, AT_FDCWD, link, &st, 0) < 0 || st.st_nlink) return 0;
    if (!S_ISDIR(st.st_mode)) return -ENOTDIR;
    host[n - length] = 0;
    n = host[0] == '/' ? (size_t)host_to_guest(host, guest, size) : 0;
    return (long)n > 1 ? (long)n : -EXDEV;
}

/* The link of /proc that shows a directory descriptor's path. */
static void link_of(int directory, char link[48]) {
    if (directory == AT_FDCWD)
        text_put(link, 0, "/proc/thread-self/cwd");
    else
        text_put_number(link, text_put(link, 0, "/proc/thread-self/fd/"), (u32)directory);
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
        link_of(directory, link);
        r = directory < 0 ? -ENOENT : sys(__NR_readlinkat, AT_FDCWD, link, host, sizeof(host) - 1);
        if (r == -ENOENT) return -EBADF;
        if (r < 0) return r;
        host[r] = 0;
        if (removed_place(link, host, guest, size)) return -ENOENT;
    }
    if (host[0] != '/') return directory == AT_FDCWD ? -EXDEV : -ENOTDIR;
    return host_to_guest(host, guest, size) < 0 ? -EXDEV : 0;
}

/* May a single name go to the kernel as it stands? Not where it may be a bind's, or a magic link of /proc. */
static bool name_is_plain(const char *name) {
    if (name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]))) return !name[1];
    if (engine.mounts.count > 1 && mounts_has_name(&engine.mounts, name)) return false;
    if (!engine.proc_seen) return true;
    if (view_has_name(name) || text_equal(name, "net")) return false;
    if (text_equal(name, "exe") || text_equal(name, "cwd") || text_equal(name, "root")) return false;
    return name[0] < '0' || name[0] > '9';
}

static bool is_single(const char *path) {
    for (; *path; path++)
        if (*path == '/') return false;
    return true;
}

bool leads_down(char *path) {
    unsigned names = 0;
    if (path[0] == '/') return false;
    for (char *p = path; *p;) {
        char *end = p;
        while (*end && *end != '/') end++;
        char behind = *end;
        *end = 0;
        bool plain = name_is_plain(p);
        *end = behind;
        if (!plain) return false;
        names += end != p;
        p = behind ? end + 1 : end;
    }
    return names > 1;
}

/* A single name relative to a descriptor needs no walk: one call at most, to see that it is no link. */
static bool try_straight(int directory, const char *path, u32 how, struct place *place) {
    if ((how & PATH_WALK) || !is_single(path) || ((how & PATH_WRITE) && engine.mounts.any_read_only) || !name_is_plain(path)) return false;
    if ((how & (PATH_FOLLOW | PATH_LAZY | PATH_PARENT)) == PATH_FOLLOW && path[0] != '.') {
        char target[8];
        long r = sys(__NR_readlinkat, directory, path, target, sizeof(target));
        if (r >= 0) return false;
    }
    place->directory = directory;
    place->path = path;
    place->flags = 0;
    place->mount = MOUNT_UNKNOWN;
    return true;
}

/* Where a link of /proc leads into a read-only mount, the place is there too. */
static void look_through(struct place *place, u32 how) {
    char host[PATH_SIZE];
    if (!(place->flags & PLACE_KERNEL_FOLLOWS) || !(how & PATH_WRITE) || !engine.mounts.any_read_only) return;
    if (read_link(place->path, host, sizeof(host)) >= 0 && mounts_host_read_only(&engine.mounts, host))
        place->flags |= PLACE_READ_ONLY;
}

static long lookup(const char *base, const char *path, size_t length, u32 how, struct place *place) {
    if (!engine.mounts.cache && !text_starts(path, "/proc/")) directories_open();
    long r = path_lookup(&engine.mounts, &path_host_system, base, path, length, how, place);
    if (r == 0) look_through(place, how);
    return r;
}

/* With stack of its own, so that calls that do not need it touch less memory. */
static __attribute__((noinline)) long resolve_relative(int directory, const char *path, size_t length, u32 how,
                                                       struct place *place);

/* What is behind "./", which changes nothing unless it is all there is. */
static const char *behind_dot(const char *path) {
    const char *p = path;
    while (p[0] == '.' && p[1] == '/')
        for (p += 2; *p == '/';) p++;
    return *p ? p : path;
}

static long resolve_text(int directory, const char *path, size_t length, u32 how, struct place *place) {
    if (!length) return -ENOENT;
    if (path[0] == '.' && !(how & PATH_RESOLVE)) {
        const char *behind = behind_dot(path);
        length -= (size_t)(behind - path);
        path = behind;
    }
    if (path[0] == '/' && !(how & (PATH_IN_ROOT | PATH_BENEATH))) return lookup("/", path, length, how, place);
    if (try_straight(directory, path, how, place)) return 0;
    return resolve_relative(directory, path, length, how, place);
}

long resolve_at(int directory, const char *path, u32 how, struct place *place) {
    return resolve_text(directory, path, strlen(path), how, place);
}

/* The names behind "../", or NULL where the path is another. */
static const char *behind_parent(const char *path) {
    while (text_starts(path, "./"))
        for (path += 2; *path == '/';) path++;
    if (!text_starts(path, "../")) return NULL;
    for (path += 3; *path == '/';) path++;
    return *path ? path : NULL;
}

/* Relative to a removed directory only ".." leads anywhere: to where it was. */
static long resolve_removed(int directory, const char *path, u32 how, struct place *place) {
    char link[48], host[PATH_SIZE], base[PATH_SIZE];
    link_of(directory, link);
    long r = read_link(link, host, sizeof(host));
    if (r > 0) r = removed_place(link, host, base, sizeof(base));
    if (r <= 0) return -ENOENT;
    const char *behind = behind_parent(path);
    if (!behind) {
        place->mount = (int)(mounts_of_guest(&engine.mounts, base, (size_t)r) - engine.mounts.table);
        return -ENOENT;
    }
    while (base[--r] != '/') {
    }
    base[r] = 0;
    return lookup(base, behind, strlen(behind), how, place);
}

/* The way to a directory may be closed where the descriptor is open. */
static bool straight_after_all(int directory, const char *path, u32 how) {
    char target[8];
    if ((how & PATH_RESOLVE) || !is_single(path) || path[0] == '.' || !name_is_plain(path)) return false;
    return !(how & PATH_FOLLOW) || sys(__NR_readlinkat, directory, path, target, sizeof(target)) < 0;
}

static long resolve_relative(int directory, const char *path, size_t length, u32 how, struct place *place) {
    char base[PATH_SIZE];
    long r = base_of(directory, base, sizeof(base));
    bool base_error = r < 0;
    place->mount = MOUNT_UNKNOWN;
    if (r == 0) {
        r = lookup(base, path, length, how, place);
        if (r == 0 || r != -EACCES || !straight_after_all(directory, path, how)) goto known;
        const struct mount *mount = mounts_of_guest(&engine.mounts, base, strlen(base));
        place->directory = directory;
        place->path = path;
        place->flags = mount->flags & MOUNT_READ_ONLY ? PLACE_READ_ONLY : 0;
        place->mount = (int)(mount - engine.mounts.table);
        return 0;
    }
    if (r == -ENOENT) {
        r = resolve_removed(directory, path, how, place);
        if (r != -ENOENT || behind_parent(path)) return r;
    }
known:;
    /* A directory the guest was given from outside its tree: nothing of ours to translate. Or a removed one, or one
     * deeper than any path can say: its names are the kernel's. */
    bool nameless = base_error && (r == -EXDEV || r == -ENOENT || r == -ERANGE);
    if (!nameless && r != -ENAMETOOLONG) return r;
    place->directory = directory;
    place->path = path;
    place->flags = PLACE_KERNEL_FOLLOWS;
    if (r != -ENOENT) place->mount = MOUNT_UNKNOWN;
    return 0;
}

long place_parent(const struct place *place, int mode) {
    char text[PATH_ROOM + 4];
    size_t n = strlen(place->path);
    while (n && place->path[n - 1] == '/') n--;
    while (n && place->path[n - 1] != '/') n--;
    memcpy(text, place->path, n);
    text_put(text, n, ".");
    return sys(__NR_faccessat, place->directory, text, mode);
}

long refuse_read_only(const struct place *place, bool create) {
    struct stat st;
    u64 flags = place->flags & PLACE_KERNEL_FOLLOWS ? 0 : AT_SYMLINK_NOFOLLOW;
    long r = sys(__NR_newfstatat, place->directory, place->path, &st, flags);
    if (!create) return r == 0 ? -EROFS : r;
    if (r == 0) return -EEXIST;
    if (r != -ENOENT) return r;
    r = place_parent(place, 0);
    return r < 0 ? r : -EROFS;
}

bool descriptor_read_only(int fd) {
    char link[48], host[PATH_SIZE];
    if (!engine.mounts.any_read_only || fd < 0) return false;
    long mode = sys(__NR_fcntl, fd, F_GETFL);
    if (mode < 0 || (mode & O_ACCMODE) != O_RDONLY) return false;
    text_put_number(link, text_put(link, 0, "/proc/thread-self/fd/"), (u32)fd);
    return read_link(link, host, sizeof(host)) >= 0 && mounts_host_read_only(&engine.mounts, host);
}

long resolve_walk(int directory, const char *path, u32 how, const struct path_host *host, struct place *place) {
    char base[PATH_SIZE];
    long r = path[0] == '/' ? (long)text_put(base, 0, "/") : base_of(directory, base, sizeof(base));
    return r < 0 ? r : path_walk(&engine.mounts, host, base, path, how, place);
}

long resolve_guest(int directory, u64 guest_path, u32 how, char *text, struct place *place) {
    long r = arch_copy_text(text, (const char *)guest_path, PATH_SIZE);
    if (r < 0) return r;
    return resolve_text(directory, text, (size_t)r, how, place);
}

long resolve_change(int directory, u64 guest_path, u32 how, char *text, struct place *place) {
    long r = resolve_guest(directory, guest_path, how | PATH_WRITE, text, place);
    if (r == 0 && (place->flags & PLACE_READ_ONLY)) r = refuse_read_only(place, (how & PATH_PARENT) != 0);
    return r;
}

bool change_refused(const struct call *call) {
    int fd = (int)call->a[0];
    if (call->row->when != DESCRIPTOR_CHANGE || !descriptor_read_only(fd)) return false;
    return !(sys(__NR_fcntl, fd, F_GETFL) & O_PATH); /* that one is EBADF */
}

void tell_cache(const struct place *place) {
    struct cache *cache = directories_open();
    if (cache) cache_change(cache, place->path, strlen(place->path));
}
