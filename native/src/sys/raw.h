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
#ifndef __NR_map_shadow_stack
#define __NR_map_shadow_stack 453
#endif
#ifndef __NR_statmount
#define __NR_statmount 457
#endif
#ifndef __NR_listmount
#define __NR_listmount 458
#endif
#ifndef __NR_setxattrat
#define __NR_setxattrat 463
#endif
#ifndef __NR_getxattrat
#define __NR_getxattrat 464
#endif
#ifndef __NR_listxattrat
#define __NR_listxattrat 465
#endif
#ifndef __NR_removexattrat
#define __NR_removexattrat 466
#endif
#ifndef __NR_open_tree_attr
#define __NR_open_tree_attr 467
#endif
#ifndef __NR_file_getattr
#define __NR_file_getattr 468
#endif
#ifndef __NR_file_setattr
#define __NR_file_setattr 469
#endif

#define SYS_PICK(nr, a, b, c, d, e, f, ...) \
    arch_syscall((nr), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
/* sys(__NR_close, fd): arguments left out are 0. */
#define sys(...) SYS_PICK(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)

static inline bool is_error(long result) {
    return (unsigned long)result > -4096UL;
}

#endif
