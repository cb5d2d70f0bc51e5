/* What getdents64 writes, one behind the other: the kernel's struct linux_dirent64. */
#ifndef SYS_ENTRY_H
#define SYS_ENTRY_H
#include "types.h"

struct entry {
    u64 inode;
    i64 offset;
    u16 length; /* to the next one */
    u8 type;
    char name[];
};

#endif
