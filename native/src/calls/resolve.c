/* Paths as calls meet them: relative to descriptors, with flags, copied from guest memory. */
#include "resolve.h"

#include <asm/stat.h>
#include <linux/stat.h>

#include "../engine.h"
#include "../near.h"
#include "../sys/raw.h"
#include "../state/directories.h"
#include "../state/moves.h"
#include "../sys/text.h"
#include "own-descriptor.h"
#include "views.h"

static long check_directory(const char *host_path) {
    char text[PATH_ROOM + 4];
    text_put(text, text_put(text, 0, host_path), "/."); /* no new descriptor: there may be none left */
    struct near near = near_path(AT_FDCWD, text);
    return sys(__NR_faccessat, near.directory, near.path, 0);
}

const struct path_host path_host_system = {link_read, check_directory, proc_magic_link};

/* Does a descriptor stand for a symbolic link itself? */
static bool is_link(int fd) {
    struct stat st;
    return sys(__NR_fstat, fd, &st) == 0 && S_ISLNK(st.st_mode);
}

#define BASE_REMOVED 1

/* The plain guest path of a directory descriptor: 0, or BASE_REMOVED where it is the one it had. -EXDEV: not in the
 * guest's tree. */
static long base_of(int directory, char *guest, size_t size) {
    char host[PATH_SIZE], link[48];
    long r = directory == AT_FDCWD ? sys(__NR_getcwd, host, sizeof(host)) : -ENOENT;
    if (directory < 0 && directory != AT_FDCWD) return -EBADF;
    if (r == -ENOENT) {
        link_of(directory, link);
        r = link_read(link, host, sizeof(host));
        if (r == -ENOENT) return -EBADF;
        if (r < 0) return r;
        r = removed_place(link, host, guest, size);
        if (r) return r > 0 ? BASE_REMOVED : r;
        if (engine.links_open && is_link(directory)) return -ENOTDIR;
    }
    if (r < 0) return r;
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

/* What a place that is no link is called on the host. */
static __attribute__((noinline)) long place_named(const struct place *place, char *host, size_t size) {
    char link[48];
    long fd = sys(__NR_openat, place->directory, place->path, O_PATH | O_CLOEXEC, 0);
    if (fd < 0) return fd;
    link_of((int)fd, link);
    long r = link_read(link, host, size);
    sys(__NR_close, fd);
    return r;
}

long place_target(const struct place *place, char *host, size_t size) {
    char link[PATH_SIZE];
    size_t n = strlen(place->path);
    while (n && place->path[n - 1] == '/') n--;
    if (n >= sizeof(link)) return -ENAMETOOLONG;
    memcpy(link, place->path, n);
    link[n] = 0;
    long r = link_read(link, host, size);
    return r == -EINVAL ? place_named(place, host, size) : r;
}

/* Where a link of /proc leads into a read-only mount, the place is there too. */
static __attribute__((noinline)) void follow_to_mount(struct place *place) {
    char host[PATH_SIZE];
    if (place_target(place, host, sizeof(host)) >= 0 && mounts_host_read_only(&engine.mounts, host))
        place->flags |= PLACE_READ_ONLY;
}

static inline void look_through(struct place *place, u32 how) {
    if (place->flags & PLACE_KERNEL_FOLLOWS && how & PATH_WRITE && engine.mounts.any_read_only) follow_to_mount(place);
}

static long lookup(const char *base, const char *path, size_t length, u32 how, struct place *place) {
    if (!engine.mounts.cache && !text_starts(path, "/proc/") && directories_open()) moves_follow();
    struct cache *cache = engine.mounts.cache;
    if (cache && __atomic_load_n(&cache->changing, __ATOMIC_RELAXED)) directories_recover(cache);
    long r = path_lookup(&engine.mounts, &path_host_system, base, path, length, how, place);
    if (r == 0) look_through(place, how);
    return r;
}

/* From a directory known by its descriptor. Its path is looked up like any other, though the kernel would not ask the
 * directories above it for search permission; a call that fails for that reason is repeated (resolve_again()), and then
 * begins at the descriptor's link of /proc. So does one from a removed directory, where only ".." leads anywhere. */
static long lookup_from(int directory, bool removed, const char *base, const char *path, size_t length, u32 how,
                        struct place *place) {
    struct slot *slot = slot_of_stack((u64)__builtin_frame_address(0));
    char link[48];
    if (slot && slot->by_descriptor < BY_LINK) slot->by_descriptor = BY_PATH;
    if (!removed && (!slot || slot->by_descriptor != BY_LINK)) return lookup(base, path, length, how, place);
    link_of(directory, link);
    if (removed) how |= PATH_REMOVED;
    long r = path_walk_from(&engine.mounts, &path_host_system, base, link, path, how, place);
    if (r == 0) look_through(place, how);
    return r;
}

bool resolve_again(struct slot *slot) {
    if (slot->by_descriptor != BY_PATH) return false;
    slot->by_descriptor = BY_LINK;
    return true;
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

#define DOWN_ROOM 256

/* A path that leads down by a few names, none of which is a link, needs no more than to see that. It costs less than to
 * find out where the directory is, the more so where that is a descriptor's. */
static bool try_down(int directory, const char *path, size_t length, u32 how, struct place *place) {
    char text[DOWN_ROOM], target[8];
    unsigned asked = 0, most = directory == AT_FDCWD ? 2 : 5;
    if ((how & (PATH_WALK | PATH_RESOLVE)) || length >= sizeof(text)) return false;
    if ((how & PATH_WRITE) && engine.mounts.any_read_only) return false;
    memcpy(text, path, length + 1);
    for (char *name = text, *end;; *end = '/', name = end + 1) {
        for (end = name; *end && *end != '/';) end++;
        bool last = !*end, follow = !last || (how & (PATH_FOLLOW | PATH_LAZY | PATH_PARENT)) == PATH_FOLLOW;
        *end = 0;
        if (end == name || text_equal(name, ".") || !name_is_plain(name)) return false;
        if (follow && asked++ == most) return false;
        long r = follow ? sys(__NR_readlinkat, directory, text, target, sizeof(target)) : -EINVAL;
        if (r >= 0) return false;
        if (last || r != -EINVAL) break; /* what is not there the call itself will find */
    }
    place->directory = directory;
    place->path = path;
    place->flags = 0;
    place->mount = MOUNT_UNKNOWN;
    return true;
}

static long resolve_text(int directory, const char *path, size_t length, u32 how, struct place *place) {
    if (!length) return -ENOENT;
    if (path[0] == '.' && !(how & PATH_RESOLVE)) {
        const char *behind = behind_dot(path);
        length -= (size_t)(behind - path);
        path = behind;
    }
    if (path[0] == '/' && (how & PATH_BENEATH)) return -EXDEV;
    if (path[0] == '/' && !(how & PATH_IN_ROOT)) {
        long r = lookup("/", path, length, how, place);
        return r == -EOVERFLOW ? -ENAMETOOLONG : r;
    }
    if (descriptor_is_own((u32)directory)) return -EBADF;
    if (try_straight(directory, path, how, place) || try_down(directory, path, length, how, place)) return 0;
    return resolve_relative(directory, path, length, how, place);
}

long resolve_at(int directory, const char *path, u32 how, struct place *place) {
    return resolve_text(directory, path, strlen(path), how, place);
}

static long resolve_relative(int directory, const char *path, size_t length, u32 how, struct place *place) {
    char base[PATH_SIZE];
    long r = base_of(directory, base, sizeof(base));
    /* A directory the guest was given from outside its tree: nothing of ours to translate. Or one deeper than any path
     * can say: its names are the kernel's. */
    bool nameless = r == -EXDEV || r == -ENOENT || r == -ERANGE || r == -ENAMETOOLONG;
    if (r >= 0) {
        r = lookup_from(directory, r == BASE_REMOVED, base, path, length, how, place);
        nameless = r == -EOVERFLOW;
    }
    if (!nameless) return r;
    place->directory = directory;
    place->path = path;
    place->flags = PLACE_KERNEL_FOLLOWS;
    place->mount = MOUNT_UNKNOWN;
    return 0;
}

long resolve_walk(int directory, const char *path, u32 how, const struct path_host *host, struct place *place) {
    char base[PATH_SIZE];
    base[0] = '/', base[1] = 0;
    long r = path[0] == '/' && !(how & PATH_IN_ROOT) ? 0 : base_of(directory, base, sizeof(base));
    if (r == BASE_REMOVED) return -ENOENT;
    return r < 0 ? r : path_walk(&engine.mounts, host, base, path, how, place);
}

long resolve_anchored(int directory, const char *path, u32 how, const struct path_host *host, struct place *place) {
    char base[PATH_SIZE], link[48];
    bool absolute = path[0] == '/' && !(how & PATH_IN_ROOT);
    base[0] = '/', base[1] = 0;
    long r = absolute ? 0 : base_of(directory, base, sizeof(base));
    if (r == BASE_REMOVED) how |= PATH_REMOVED;
    link_of(directory, link);
    return r < 0 ? r : path_walk_from(&engine.mounts, host, base, absolute ? NULL : link, path, how, place);
}

long resolve_copy(u64 guest_path, struct place *place) {
    char *given = place->text + engine.mounts.table[0].host_length;
    place->given = given;
    return arch_copy_text(given, (const char *)guest_path, PATH_SIZE);
}

/* Move what the guest wrote out of the way of what it leads to. */
static const char *move_given(char *text, size_t length, struct place *place) {
    if (place->given == text || place->given == place->brief) return place->given;
    if (length < sizeof(place->brief)) text = place->brief;
    memcpy(text, place->given, length + 1);
    return place->given = text;
}

long resolve_copied(int directory, size_t length, u32 how, char *text, struct place *place) {
    const struct mount *root = &engine.mounts.table[0];
    if (place->given[0] == '/') memcpy(place->text, root->host, root->host_length);
    if (place->given[0] == '/' && path_is_plain(&engine.mounts, place->text, length, how)) {
        place->length = (u32)(root->host_length + length);
        place->directory = AT_FDCWD;
        place->path = place->text;
        place->flags = 0;
        place->mount = 0;
        return 0;
    }
    return resolve_text(directory, move_given(text, length, place), length, how, place);
}

long resolve_given(int directory, u32 how, char *text, struct place *place) {
    size_t length = strlen(place->given);
    return resolve_text(directory, move_given(text, length, place), length, how, place);
}

long resolve_guest(int directory, u64 guest_path, u32 how, char *text, struct place *place) {
    long r = resolve_copy(guest_path, place);
    return r < 0 ? r : resolve_copied(directory, (size_t)r, how, text, place);
}

int change_begin(const struct place *place) {
    struct cache *cache = directories_to_tell();
    if (!cache || !place->path || (place->flags & PLACE_KERNEL_FOLLOWS)) return -1;
    return cache_met(cache, place->path, strlen(place->path)) ? cache_changing(cache, (u32)sys(__NR_gettid)) : -1;
}

void change_end(int number) {
    if (number >= 0) cache_changed(engine.mounts.cache, number);
}

void tell_cache(const struct place *place) {
    struct cache *cache = directories_to_tell();
    if (!cache) return;
    if (!place->path || (place->flags & PLACE_KERNEL_FOLLOWS))
        cache_clear(cache); /* what it is called is not known */
    else
        cache_change(cache, place->path, strlen(place->path));
}
