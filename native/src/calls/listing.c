/* getdents, getdents64: devices that are remembered are plain files on disk, and are listed as what they are; the engine's
 * own descriptor is not listed. */
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

/* Is it a /proc/PID/fd or fdinfo, where the engine's descriptor is among the names? `name`: of the descriptor. */
static bool lists_own(int directory, const char *name, u64 number) {
    char link[48], path[PATH_SIZE], target[PATH_SIZE];
    link_of(directory, link);
    long length = link_read(link, path, sizeof(path) - 32);
    if (length < 0 || !text_starts(path, "/proc/")) return false;
    if (text_equal(text_last_name(path), "fdinfo")) path[length -= 4] = 0; /* the links are beside */
    if (!text_equal(text_last_name(path), "fd")) return false;
    text_put(path, text_put(path, (size_t)length, "/"), name);
    return link_read(path, target, sizeof(target)) >= 0 && link_is_own(number, target);
}

/* Take the engine's own descriptor out of a list: its new length. */
static long hide_own(const struct call *call, long length) {
    char name[24];
    u8 *list = (u8 *)call->a[1];
    u64 number = (u64)engine.root_descriptor;
    if (!number) return length;
    text_put_number(name, 0, number);
    for (long at = 0; at < length;) {
        struct entry *entry = (struct entry *)(list + at);
        long next = at + entry->length;
        if (text_equal(name_of(call, entry), name)) {
            if (!lists_own((int)call->a[0], name, number)) return length;
            memmove(entry, list + next, (size_t)(length - next));
            return length - (next - at);
        }
        at = next;
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
        if (shown || !length) return shown; /* else nothing but that was in it, and an empty list would be the end */
    }
}
