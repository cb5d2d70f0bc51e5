/* Reserving blocks; see reserve.h. */
#include "reserve.h"

#include <asm/stat.h>
#include <asm/statfs.h>
#include <linux/fs.h>
#include <linux/magic.h>

#include "../sys/limits.h"
#include "../sys/raw.h"

/* btrfs writes to another place what is written a second time, and needs room then, unless told otherwise in time. */
static void write_in_place(long fd) {
    struct statfs fs;
    long flags = 0;
    if (sys(__NR_fstatfs, fd, &fs) < 0 || fs.f_type != BTRFS_SUPER_MAGIC) return;
    if (sys(__NR_ioctl, fd, FS_IOC_GETFLAGS, &flags) < 0) return;
    flags |= FS_NOCOW_FL;
    sys(__NR_ioctl, fd, FS_IOC_SETFLAGS, &flags);
}

long reserve_blocks(long fd, u64 size) {
    static u8 zeros[PAGE_LEAST]; /* not const, so that it takes no room in the file */
    struct stat st;
    long r = sys(__NR_fstat, fd, &st);
    if (r == 0 && (u64)st.st_size < size) r = may_grow(size);
    if (r < 0) return r;
    if (!st.st_size) write_in_place(fd);
    r = sys(__NR_fallocate, fd, 0, 0, size);
    if (r != -EOPNOTSUPP && r != -ENOSYS) return r;
    /* What is there was written here before. */
    for (u64 at = (u64)st.st_size; at < size; at += (u64)r) {
        u64 part = size - at;
        r = sys(__NR_pwrite64, fd, zeros, part < PAGE_LEAST ? part : PAGE_LEAST, at);
        if (r <= 0) return r < 0 ? r : -ENOSPC;
    }
    return 0;
}
