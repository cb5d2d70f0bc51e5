/* Emulated root passes where modes forbid it, and so does an emulated user whom the remembered owner and mode let in.
 * The user who runs the container owns the files, so a mode that stands in the way is widened on disk and the mode
 * the guest set is remembered. This is only looked at after the kernel has said EACCES, so it costs nothing else.
 * Only the container's own tree is changed; binds keep their modes. */
#include "unlock.h"

#include <linux/fanotify.h>
#include <linux/inotify.h>

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
    struct text_part last = text_last_part(path, strlen(path));
    if (last.begin >= sizeof(prefix)) return false;
    memcpy(prefix, path, last.begin);
    for (size_t i = 1; i < last.begin; i++) {
        if (path[i] != '/') continue;
        prefix[i] = 0;
        done |= unlock_one(prefix, i + 1 == last.begin ? need : MAY_EXECUTE);
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

/* Devices and links of /proc have no user.* attributes, and others are not kept for them. */
static long special_attribute(const struct call *call, struct attribute_use use, bool permitted) {
    char name[10] = "";
    bool sets = use.need == MAY_WRITE;
    long r = arch_copy_text(name, (const char *)call->a[use.name], sizeof(name));
    if (r < 0 && r != -ENAMETOOLONG) return r;
    if (memcmp(name, "user.", 5) == 0) return sets ? -EPERM : -ENODATA;
    bool privileged = memcmp(name, "trusted.", 8) == 0 || memcmp(name, "security.", 9) == 0;
    if (!privileged && !permitted) return -EACCES;
    return privileged && !sets ? -ENODATA : -EOPNOTSUPP;
}

/* It is opened for a moment, so that the kernel watches it. */
static long watch_device(const struct call *call, const char *path) {
    const u64 *a = call->a;
    long r = sys(__NR_fchmodat, AT_FDCWD, path, S_IRUSR);
    if (r < 0) return r;
    r = call->number == __NR_inotify_add_watch ? sys(__NR_inotify_add_watch, a[0], path, a[2] | IN_DONT_FOLLOW)
                                               : sys(__NR_fanotify_mark, a[0], a[1] | FAN_MARK_DONT_FOLLOW, a[2], AT_FDCWD, path);
    sys(__NR_fchmodat, AT_FDCWD, path, 0);
    return r;
}

/* What a call that is let through by the guest's modes gets of a remembered device; -EACCES: nothing but that. */
static long use_device(struct call *call, const char *path, const struct file *file) {
    switch (call->number) {
#ifdef __NR_open
    case __NR_open:
    case __NR_creat:
#endif
    case __NR_openat:
    case __NR_openat2: return open_device(call, file);
    case __NR_inotify_add_watch:
    case __NR_fanotify_mark: return watch_device(call, path);
    case __NR_connect:
    case __NR_sendto:
    case __NR_sendmsg:
    case __NR_sendmmsg: return -ECONNREFUSED;
    default: return -EACCES;
    }
}

/* A remembered device, or a link of /proc itself, whose mode says how its file is open, stands in the way: -EACCES where
 * there is none. */
static long try_special(struct call *call, const char *path, u32 need) {
    struct file file;
    if (file_look(AT_FDCWD, path, 0, &file) < 0) return -EACCES;
    bool device = is_device(&file), link = S_ISLNK(file.disk_mode) && text_starts(path, "/proc/");
    if (!device && !link) return -EACCES;
    bool permitted = file_permits(ids_now(), &file, need);
    struct attribute_use attribute = attribute_use(call->number);
    if (attribute.need) return special_attribute(call, attribute, permitted);
    switch (call->number) {
#ifdef __NR_open
    case __NR_access:
#endif
    case __NR_faccessat:
    case __NR_faccessat2: return permitted ? 0 : -EACCES;
    case __NR_truncate: return device ? -EINVAL : -EACCES;
    default: return device && permitted ? use_device(call, path, &file) : -EACCES;
    }
}

/* A file that has no name any more, or never had one, behind a link of /proc; `host` is what the link says. */
static bool unlock_nameless(const char *link, const char *host, u32 need) {
    struct file file;
    if (!in_own_tree(host) || file_look(AT_FDCWD, link, AT_SYMLINK_FOLLOW, &file) < 0 || file.links) return false;
    return widen(&file, link, need);
}

/* What is needed of the file that a path leads to: widen its mode, or answer for a device. */
static bool unlock_file(struct call *call, const struct place *place, const struct wish *wish, long *answer) {
    char host[PATH_SIZE];
    const char *path = place->path;
    bool follows = place->flags & PLACE_KERNEL_FOLLOWS;
    if (follows && (path = host, place_target(place, host, sizeof(host)) < 0)) return false;
    if (follows && unlock_nameless(place->path, host, wish->need)) return false;
    if (!follows) unlock_way(path, wish->name || wish->creates ? MAY_WRITE | MAY_EXECUTE : MAY_EXECUTE);
    *answer = try_special(call, path, wish->need);
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
    wish.need |= attribute_use(call->number).need; /* also of those that are kept under another name */
    return unlock_text(call, directory, text, how | wish.resolve, &wish, answer);
}

static enum unlocked unlock_socket(struct call *call, u64 at, u64 length, long *answer) {
    struct {
        u16 family;
        char name[110];
    } address = {0};
    bool makes = call->number == __NR_bind;
    struct wish wish = {.need = makes ? 0 : MAY_WRITE, .name = makes, .follow = !makes};
    if (length <= 2 || length >= sizeof(address) || arch_copy(&address, (const void *)at, length) < 0) return UNLOCKED_NOTHING;
    if (address.family != 1 /* AF_UNIX */ || !address.name[0]) return UNLOCKED_NOTHING;
    return unlock_text(call, AT_FDCWD, address.name, makes ? PATH_PARENT : PATH_FOLLOW, &wish, answer);
}

/* Of several messages only the first one's name can be what the call ended with. */
static enum unlocked unlock_message(struct call *call, long *answer) {
    struct {
        u64 name;
        u32 length, pad;
    } head;
    if (arch_copy(&head, (const void *)call->a[1], sizeof(head)) < 0 || !head.name) return UNLOCKED_NOTHING;
    return unlock_socket(call, head.name, head.length, answer);
}

enum unlocked unlock_for(struct call *call, long *answer) {
    enum unlocked result = UNLOCKED_NOTHING;
    switch (call->number) {
    case __NR_bind:
    case __NR_connect: return unlock_socket(call, call->a[1], call->a[2], answer);
    case __NR_sendto: return unlock_socket(call, call->a[4], call->a[5], answer);
    case __NR_sendmsg:
    case __NR_sendmmsg: return unlock_message(call, answer);
    }
    for (unsigned i = 0; i < 2; i++) {
        if (call->row->paths[i].path < 0) continue;
        enum unlocked one = unlock_path(call, &call->row->paths[i], answer);
        if (one == UNLOCKED_ANSWER) return one;
        if (one == UNLOCKED_RETRY) result = one;
    }
    return result;
}
