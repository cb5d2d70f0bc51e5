/* Emulated root passes where modes forbid it, and so does an emulated user whom the remembered owner and mode let in.
 * The user who runs the container owns the files, so a mode that stands in the way is widened on disk and the mode
 * the guest set is remembered. This is only looked at after the kernel has said EACCES, so it costs nothing else.
 * Only the container's own tree is changed; binds keep their modes. */
#include "unlock.h"

#include "../engine.h"
#include "../sys/raw.h"
#include "../sys/text.h"
#include "ids.h"
#include "owners.h"
#include "resolve.h"
#include "wish.h"

static u32 changes; /* modes widened so far; a walk has no other way to tell that it did */

/* Is it remembered as a device? That is to stay shut. */
static bool is_device(const struct file *file) {
    return S_ISREG(file->disk_mode) && (S_ISCHR(file->mode) || S_ISBLK(file->mode));
}

/* Widen the mode of a file, which `path` leads the kernel to. True where that was needed and done. */
static bool widen(struct file *file, const char *path, u32 need) {
    if (file->disk_uid != engine.host_uid || S_ISLNK(file->disk_mode) || is_device(file)) return false;
    if ((file->disk_mode >> 6 & need) == need || !file_permits(ids_now(), file, need)) return false;
    u32 wider = (file->disk_mode & 07777) | (S_ISDIR(file->disk_mode) ? 0700 : 0600) | need << 6;
    file->disk_mode = (file->disk_mode & S_IFMT) | wider;
    if (file_remember(file) < 0) return false;
    if (sys(__NR_fchmodat, AT_FDCWD, path, wider) < 0) return false;
    __atomic_add_fetch(&changes, 1, __ATOMIC_RELAXED);
    return true;
}

static bool unlock_one(const char *path, u32 need) {
    struct file file;
    return in_own_tree(path) && file_look(AT_FDCWD, path, 0, &file) == 0 && widen(&file, path, need);
}

bool unlock_directory(int fd) {
    struct file file;
    char link[48], host[PATH_SIZE];
    if (!engine.remembers || file_look(fd, "", AT_EMPTY_PATH, &file) < 0 || !S_ISDIR(file.disk_mode)) return false;
    link_of(fd, link);
    return link_read(link, host, sizeof(host)) > 0 && in_own_tree(host) && widen(&file, link, MAY_EXECUTE);
}

/* Every directory on the way to the last name, and `need` for the one that holds it. */
static bool unlock_way(const char *path, u32 need) {
    char prefix[PATH_ROOM];
    bool done = false;
    size_t n = strlen(path);
    if (n >= sizeof(prefix)) return false;
    while (n && path[n - 1] == '/') n--;
    size_t last = n;
    while (last && path[last - 1] != '/') last--;
    memcpy(prefix, path, n);
    for (size_t i = 1; i < last; i++) {
        if (path[i] != '/') continue;
        prefix[i] = 0;
        done |= unlock_one(prefix, i + 1 == last ? need : MAY_EXECUTE);
        prefix[i] = '/';
    }
    return done;
}

static long read_link(const char *path, char *to, size_t size) {
    long r = path_host_system.read_link(path, to, size);
    if (r == -EACCES && unlock_way(path, MAY_EXECUTE)) r = path_host_system.read_link(path, to, size);
    return r;
}

static long check_directory(const char *path) {
    long r = path_host_system.check_directory(path);
    if (r == -EACCES && (unlock_way(path, MAY_EXECUTE) | unlock_one(path, MAY_EXECUTE))) r = path_host_system.check_directory(path);
    return r;
}

static long magic_link(const char *path, bool last, char *to, size_t size) {
    long r = path_host_system.magic_link(path, last, to, size);
    if (r >= 0 && (r & MAGIC_REMOVED)) return -EXDEV;
    return r < 0 ? r : r & ~(long)MAGIC_JUMP; /* modes are changed by plain paths */
}

static const struct path_host path_host_unlocking = {read_link, check_directory, magic_link};

/* Devices of every system, by number; others are not for containers. */
static const char *usual_device(const struct file *file) {
    static const struct {
        u32 rdev;
        const char *path;
    } devices[] = {{0x103, "/dev/null"}, {0x105, "/dev/zero"}, {0x107, "/dev/full"}, {0x108, "/dev/random"},
                   {0x109, "/dev/urandom"}, {0x500, "/dev/tty"}, {0x502, "/dev/ptmx"}};
    for (unsigned i = 0; i < ARRAY_LENGTH(devices); i++)
        if (S_ISCHR(file->mode) && file->rdev == devices[i].rdev) return devices[i].path;
    return NULL;
}

static long open_device(struct call *call, const struct file *file) {
    const char *device = usual_device(file);
    if (!device) return file->rdev ? -EPERM : -ENXIO;
    u64 a[6] = {(u64)AT_FDCWD, (u64)device, wish_open_flags(call) & ~(u64)(O_CREAT | O_EXCL)};
    return arch_blocking(__NR_openat, a, call->slot);
}

/* Devices have no user.* attributes, and others are not kept for them. `none`: what the kernel says of those. */
static long device_attribute(const struct call *call, long none, bool sets, bool permitted) {
    char name[10] = "";
    long r = arch_copy_text(name, (const char *)call->a[1], sizeof(name));
    if (r < 0 && r != -ENAMETOOLONG) return r;
    if (memcmp(name, "user.", 5) == 0) return none;
    bool privileged = memcmp(name, "trusted.", 8) == 0 || memcmp(name, "security.", 9) == 0;
    if (!privileged && !permitted) return -EACCES;
    return privileged && !sets ? -ENODATA : -EOPNOTSUPP;
}

/* A remembered device stands in the way of an open, an access and the like: -EACCES where there is none. */
static long try_device(struct call *call, const char *path, u32 need) {
    struct file file;
    if (file_look(AT_FDCWD, path, 0, &file) < 0 || !is_device(&file)) return -EACCES;
    bool permitted = file_permits(ids_now(), &file, need);
    switch (call->number) {
#ifdef __NR_open
    case __NR_access:
#endif
    case __NR_faccessat:
    case __NR_faccessat2: return permitted ? 0 : -EACCES;
#ifdef __NR_open
    case __NR_open:
    case __NR_creat:
#endif
    case __NR_openat:
    case __NR_openat2: return permitted ? open_device(call, &file) : -EACCES;
    case __NR_truncate: return -EINVAL;
    case __NR_getxattr:
    case __NR_lgetxattr: return device_attribute(call, -ENODATA, false, permitted);
    case __NR_setxattr:
    case __NR_lsetxattr: return device_attribute(call, -EPERM, true, permitted);
    case __NR_removexattr:
    case __NR_lremovexattr: return device_attribute(call, -EPERM, false, permitted);
    default: return -EACCES;
    }
}

/* Attributes that are kept under another name need what that name needs. */
static u32 attribute_need(long number) {
    switch (number) {
    case __NR_getxattr:
    case __NR_lgetxattr: return MAY_READ;
    case __NR_setxattr:
    case __NR_lsetxattr:
    case __NR_removexattr:
    case __NR_lremovexattr: return MAY_WRITE;
    default: return 0;
    }
}

/* What is needed of the file that a path leads to: widen its mode, or answer for a device. */
static bool unlock_file(struct call *call, const struct place *place, const struct wish *wish, long *answer) {
    char host[PATH_SIZE];
    const char *path = place->path;
    bool follows = place->flags & PLACE_KERNEL_FOLLOWS;
    if (follows && (path = host, place_target(place, host, sizeof(host)) < 0)) return false;
    if (!follows) unlock_way(path, wish->name || wish->creates ? MAY_WRITE | MAY_EXECUTE : MAY_EXECUTE);
    *answer = try_device(call, path, wish->need);
    if (*answer != -EACCES) return true;
    if (wish->need) unlock_one(path, wish->need);
    return false;
}

static enum unlocked unlock_text(struct call *call, int directory, const char *text, u32 how, const struct wish *wish,
                                 long *answer) {
    struct place place;
    u32 before = changes;
    if (text[0] != '/' || (how & PATH_IN_ROOT)) unlock_directory(directory);
    long r = resolve_walk(directory, text, how, &path_host_unlocking, &place);
    if (r == 0 && !(place.flags & PLACE_READ_ONLY) && unlock_file(call, &place, wish, answer)) return UNLOCKED_ANSWER;
    return changes != before ? UNLOCKED_RETRY : UNLOCKED_NOTHING;
}

static enum unlocked unlock_path(struct call *call, const struct path_argument *argument, long *answer) {
    char text[PATH_SIZE];
    struct wish wish = wish_of(call, argument);
    int directory = argument->directory < 0 ? AT_FDCWD : (int)call->a[(int)argument->directory];
    if (arch_copy_text(text, (const char *)call->a[(int)argument->path], sizeof(text)) < 0) return UNLOCKED_NOTHING;
    u32 how = argument->how & PATH_PARENT ? PATH_PARENT : wish.follow ? PATH_FOLLOW : 0;
    if (call->number == __NR_execve || call->number == __NR_execveat) wish.need |= MAY_READ;
    wish.need |= attribute_need(call->number);
    return unlock_text(call, directory, text, how | wish.resolve, &wish, answer);
}

/* A socket's name in argument `at`, its length behind it. */
static enum unlocked unlock_socket(struct call *call, unsigned at, bool makes, long *answer) {
    struct {
        u16 family;
        char name[110];
    } address = {0};
    struct wish wish = {.need = makes ? 0 : MAY_WRITE, .name = makes, .follow = !makes};
    u64 length = call->a[at + 1];
    if (length <= 2 || length >= sizeof(address) || arch_copy(&address, (const void *)call->a[at], length) < 0) return UNLOCKED_NOTHING;
    if (address.family != 1 /* AF_UNIX */ || !address.name[0]) return UNLOCKED_NOTHING;
    return unlock_text(call, AT_FDCWD, address.name, makes ? PATH_PARENT : PATH_FOLLOW, &wish, answer);
}

enum unlocked unlock_for(struct call *call, long *answer) {
    enum unlocked result = UNLOCKED_NOTHING;
    if (call->number == __NR_bind || call->number == __NR_connect) return unlock_socket(call, 1, call->number == __NR_bind, answer);
    if (call->number == __NR_sendto) return unlock_socket(call, 4, false, answer);
    for (unsigned i = 0; i < 2; i++) {
        if (call->row->paths[i].path < 0) continue;
        enum unlocked one = unlock_path(call, &call->row->paths[i], answer);
        if (one == UNLOCKED_ANSWER) return one;
        if (one == UNLOCKED_RETRY) result = one;
    }
    return result;
}
