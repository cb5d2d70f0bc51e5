/* System calls made by the engine itself: the result, or -errno. */
#ifndef SYS_RAW_H
#define SYS_RAW_H
#include <asm/unistd.h>
#include <linux/errno.h>
#include <linux/fcntl.h>

#include "../arch/arch.h"
#include "types.h"

/* Newer than some kernel headers; the same on both CPUs. */
#ifndef __NR_fchmodat2
#define __NR_fchmodat2 452
#endif

#define SYS_PICK(nr, a, b, c, d, e, f, ...) \
    arch_syscall((nr), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
/* sys(__NR_close, fd): arguments left out are 0. */
#define sys(...) SYS_PICK(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)

static inline bool is_error(long result) {
    return (unsigned long)result > -4096UL;
}

#endif
