/* getdents, getdents64: devices that are remembered are plain files on disk, and are listed as what they are. */
#include <linux/stat.h>

#include "../state/ownership.h"
#include "../sys/entry.h"
#include "../sys/raw.h"
#include "handlers.h"
#include "owners.h"

#define TYPE_PLAIN 8
#define TYPE_OF(mode) ((u8)(((mode) & S_IFMT) >> 12)) /* as in the kernel's fs_umode_to_dtype() */

static void show_type(int directory, u32 device, u8 *type, u64 inode, const char *name) {
    struct file file;
    struct ownership known;
    if (!ownership_find(device, inode, &known) || !(S_ISCHR(known.mode) || S_ISBLK(known.mode))) return;
    long r = file_look(directory, name, 0, &file);
    if (r == 0 && file.inode == inode) *type = TYPE_OF(file.mode);
    if (r == -EACCES && !known.left) *type = TYPE_OF(known.mode); /* the directory may be listed, not searched */
}

/* The older getdents has the name where getdents64 has the type, and the type in its last byte. */
long call_getdents(struct call *call) {
    struct file directory;
    int fd = (int)call->a[0];
    u8 *list = (u8 *)call->a[1];
    long length = call_run(call);
    if (length <= 0 || !ownership_any_device() || file_look(fd, "", AT_EMPTY_PATH, &directory) < 0) return length;
    for (long at = 0; at < length;) {
        struct entry *entry = (struct entry *)(list + at);
        bool new = call->number == __NR_getdents64;
        u8 *type = new ? &entry->type : list + at + entry->length - 1;
        if (*type == TYPE_PLAIN) show_type(fd, directory.device, type, entry->inode, new ? entry->name : (char *)&entry->type);
        at += entry->length;
    }
    return length;
}
