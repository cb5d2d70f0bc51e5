/* getdents, getdents64: devices that are remembered are plain files on disk, and are listed as what they are; the engine's
 * own descriptors are not listed. */
#include <linux/stat.h>

#include "../guest-path.h"
#include "../state/ownership.h"
#include "../sys/entry.h"
#include "../sys/raw.h"
#include "../sys/text.h"
#include "handlers.h"
#include "own-descriptor.h"
#include "owners.h"

#define TYPE_PLAIN 8
#define TYPE_OF(mode) ((u8)(((mode) & S_IFMT) >> 12)) /* as in the kernel's fs_umode_to_dtype() */

static const char *name_of(const struct call *call, const struct entry *entry) {
    return call->number == __NR_getdents64 ? entry->name : (const char *)&entry->type;
}

static void show_type(int directory, u32 device, u8 *type, u64 inode, const char *name) {
    struct file file;
    struct ownership known;
    if (!ownership_find(device, inode, &known) || !(S_ISCHR(known.mode) || S_ISBLK(known.mode))) return;
    long r = file_look(directory, name, 0, &file);
    if (r == 0 && file.inode == inode) *type = TYPE_OF(file.mode);
    if (r == -EACCES && !known.left) *type = TYPE_OF(known.mode); /* the directory may be listed, not searched */
}

/* Where the links are whose names a directory lists, if it is a /proc/PID/fd or fdinfo: "/proc/PID/fd/", its length. 0:
 * it is neither. */
static size_t links_beside(int directory, char *path, size_t size) {
    char link[48];
    link_of(directory, link);
    long length = link_read(link, path, size);
    if (length < 0 || !text_starts(path, "/proc/")) return 0;
    if (text_equal(text_last_name(path), "fdinfo")) path[length -= 4] = 0;
    return text_equal(text_last_name(path), "fd") ? text_put(path, (size_t)length, "/") : 0;
}

/* Take the engine's own descriptors out of a list: its new length. */
static long hide_own(const struct call *call, long length) {
    char path[PATH_SIZE], target[PATH_SIZE];
    const char *end;
    u8 *list = (u8 *)call->a[1];
    size_t beside = 0;
    for (long at = 0, next; at < length; at = next) {
        struct entry *entry = (struct entry *)(list + at);
        const char *name = name_of(call, entry);
        u64 number;
        next = at + entry->length;
        if (!text_number(name, &number, &end) || *end || !descriptor_is_own(number)) continue;
        if (!beside && !(beside = links_beside((int)call->a[0], path, sizeof(path) - 32))) return length;
        text_put(path, beside, name);
        if (link_read(path, target, sizeof(target)) < 0 || !link_is_own(target)) continue;
        memmove(entry, list + next, (size_t)(length - next));
        length -= next - at, next = at;
    }
    return length;
}

/* The older getdents has the name where getdents64 has the type, and the type in its last byte. */
static void show_devices(const struct call *call, long length) {
    struct file directory;
    int fd = (int)call->a[0];
    u8 *list = (u8 *)call->a[1];
    if (!ownership_any_device() || file_look(fd, "", AT_EMPTY_PATH, &directory) < 0) return;
    for (long at = 0; at < length;) {
        struct entry *entry = (struct entry *)(list + at);
        u8 *type = call->number == __NR_getdents64 ? &entry->type : list + at + entry->length - 1;
        if (*type == TYPE_PLAIN) show_type(fd, directory.device, type, entry->inode, name_of(call, entry));
        at += entry->length;
    }
}

long call_getdents(struct call *call) {
    for (;;) {
        long length = call_run(call);
        if (length > 0 && engine.remembers) show_devices(call, length);
        long shown = length > 0 && engine.proc_seen ? hide_own(call, length) : length;
        if (shown || !length) return shown; /* else nothing but those were in it, and an empty list would be the end */
    }
}
