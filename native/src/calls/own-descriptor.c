/* Keeping ROOT's descriptor out of the guest's sight: for the guest its number is free, until it puts something there
 * itself. All processes of a container have it at the same number, which the filter knows. */
#include "own-descriptor.h"

#include <linux/close_range.h>
#include <linux/fcntl.h>

#include "../sys/raw.h"
#include "../sys/text.h"
#include "handlers.h"

/* Above what shells and test programs take by number, and below 128: up to there a fork copies a table of
 * descriptors of one and the same size. */
#define FIRST_NUMBER 100
#define LAST_NUMBER 127

void own_descriptor_open(void) {
    long fd = sys(__NR_openat, AT_FDCWD, engine.plan.root, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    if (fd < 0) return;
    long number = sys(__NR_fcntl, fd, F_DUPFD, FIRST_NUMBER);
    sys(__NR_close, fd);
    if (number > LAST_NUMBER) sys(__NR_close, number);
    else if (number > 0) engine.root_descriptor = (int)number;
}

void own_descriptor_resume(u64 number) {
    if (number && sys(__NR_fcntl, number, F_GETFD) >= 0) engine.root_descriptor = (int)number;
}

void own_descriptor_give_up(void) {
    int number = engine.root_descriptor;
    __atomic_store_n(&engine.root_descriptor, 0, __ATOMIC_SEQ_CST);
    if (number) sys(__NR_close, number);
}

bool link_is_own(u64 number, const char *host_path) {
    return descriptor_is_own(number) && text_equal(host_path, engine.plan.root);
}

/* close, dup, fcntl, fstatfs ...: whatever takes a descriptor first. */
long call_descriptor(struct call *call) {
    return descriptor_is_own(call->a[0]) ? -EBADF : call_run(call);
}

/* dup2, dup3: the number may be where the guest wants another descriptor. */
long call_dup_to(struct call *call) {
    if (descriptor_is_own(call->a[0])) return -EBADF;
    if (descriptor_is_own(call->a[1]) && sys(__NR_fcntl, call->a[0], F_GETFD) >= 0) own_descriptor_give_up();
    return call_run(call);
}

/* What is below the number, and what is above. */
long call_close_range(struct call *call) {
    u64 own = (u64)engine.root_descriptor;
    u32 first = (u32)call->a[0], last = (u32)call->a[1];
    if (!own || first > own || last < own) return call_run(call);
    if ((u32)call->a[2] & ~(u32)(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)) return -EINVAL;
    long r = first < own ? sys(__NR_close_range, first, own - 1, call->a[2]) : 0;
    return r == 0 && last > own ? sys(__NR_close_range, own + 1, last, call->a[2]) : r;
}
