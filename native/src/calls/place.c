/* What the kernel would say of a place before it does anything there, where the engine must say it instead: read-only
 * mounts, mount points, removed directories. The order of the checks is the kernel's (fs/namei.c). */
#include <asm/stat.h>
#include <linux/stat.h>

#include "../engine.h"
#include "../sys/descriptor.h"
#include "../sys/limits.h"
#include "../sys/raw.h"
#include "../sys/text.h"
#include "permit.h"
#include "resolve.h"

long place_plain(struct place *place) {
    char link[48];
    long fd = open_path_alone(place->directory, place->path, 0);
    if (fd < 0) return fd;
    link_of((int)fd, link);
    long r = link_read(link, place->text, sizeof(place->text));
    sys(__NR_close, fd);
    place->directory = AT_FDCWD;
    place->path = place->text;
    place->flags &= ~(u32)(PLACE_ANCHORED | PLACE_KERNEL_FOLLOWS);
    return r < 0 ? r : 0;
}

long place_parent(const struct place *place, int mode) {
    char text[PATH_ROOM + 4];
    size_t n = text_last_part(place->path, strlen(place->path)).begin;
    memcpy(text, place->path, n);
    text_put(text, n, ".");
    return sys(__NR_faccessat, place->directory, text, mode);
}

bool place_has_slash(const struct place *place) {
    size_t n = strlen(place->path);
    return n && place->path[n - 1] == '/';
}

long place_look(const struct place *place, struct stat *st) {
    char text[PATH_ROOM];
    const char *path = place->path;
    size_t n = strlen(path);
    if (place_has_slash(place) && n < sizeof(text)) {
        while (n > 1 && path[n - 1] == '/') n--;
        memcpy(text, path, n);
        text[n] = 0;
        path = text;
    }
    return sys(__NR_newfstatat, place->directory, path, st, AT_SYMLINK_NOFOLLOW);
}

long refuse_change(const struct place *place) {
    struct stat st;
    if (!(place->flags & PLACE_READ_ONLY)) return 0;
    u64 flags = place->flags & PLACE_KERNEL_FOLLOWS ? 0 : AT_SYMLINK_NOFOLLOW;
    long r = sys(__NR_newfstatat, place->directory, place->path, &st, flags);
    return r < 0 ? r : -EROFS;
}

long check_creation(const struct place *place, bool directory) {
    struct stat st;
    long r = place_parent(place, 0);
    if (r < 0) return r;
    if (place->flags & (PLACE_UNNAMED | PLACE_MOUNT_POINT)) return -EEXIST;
    r = place_look(place, &st);
    if (r != -ENOENT) return r < 0 ? r : -EEXIST;
    /* /proc has no names that could be made: the look-up itself fails there. */
    if ((place->flags & (PLACE_REMOVED | PLACE_PROC)) || (place_has_slash(place) && !directory)) return -ENOENT;
    return place->flags & PLACE_READ_ONLY ? -EROFS : 0;
}

long refuse_creation(const struct place *place, bool directory) {
    bool special = place->flags & (PLACE_READ_ONLY | PLACE_MOUNT_POINT | PLACE_REMOVED), asked = permit_asked();
    long r = special || asked ? check_creation(place, directory) : 0;
    return r == 0 && asked ? permit_change(place, false) : r;
}

bool descriptor_read_only(int fd) {
    char link[48], host[PATH_SIZE];
    if (!engine.mounts.any_read_only || (fd < 0 && fd != AT_FDCWD)) return false;
    long mode = fd == AT_FDCWD ? O_RDONLY : sys(__NR_fcntl, fd, F_GETFL);
    if (mode < 0 || (mode & O_ACCMODE) != O_RDONLY) return false;
    link_of(fd, link);
    return link_read(link, host, sizeof(host)) >= 0 && mounts_host_read_only(&engine.mounts, host);
}

bool change_refused(const struct call *call) {
    int fd = (int)call->a[0];
    return call->row->when == DESCRIPTOR_CHANGE && descriptor_read_only(fd) && descriptor_is_open(fd);
}

long resolve_change(int directory, u64 guest_path, u32 how, char *text, struct place *place) {
    long r = resolve_guest(directory, guest_path, how | PATH_WRITE, text, place);
    if (r < 0) return r;
    return how & PATH_PARENT ? refuse_creation(place, false) : refuse_change(place);
}
