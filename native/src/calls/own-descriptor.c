/* Keeping the descriptors of ROOT out of the guest's sight: for the guest their numbers are free, until it puts something
 * there itself. All processes of a container have them at the same numbers, which the filter knows. */
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

static void close_all(long first, long count) {
    for (long i = 0; i < count; i++) sys(__NR_close, first + i);
}

/* Each is opened for itself: what threads count is the open file, not its number. */
void own_descriptors_open(void) {
    long first = FIRST_NUMBER, count = 0;
    while (count < ROOT_DESCRIPTORS) {
        long fd = sys(__NR_openat, AT_FDCWD, engine.plan.root, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
        long number = fd < 0 ? fd : sys(__NR_fcntl, fd, F_DUPFD, first + count);
        if (fd >= 0) sys(__NR_close, fd);
        if (number < 0 || number > LAST_NUMBER) {
            close_all(first, count);
            if (number >= 0) sys(__NR_close, number);
            return;
        }
        if (number != first + count) close_all(first, count), first = number, count = 0; /* one in between was taken */
        count++;
    }
    engine.root_descriptors = (int)first;
}

void own_descriptors_give_up(void) {
    int first = engine.root_descriptors;
    __atomic_store_n(&engine.root_descriptors, 0, __ATOMIC_SEQ_CST);
    if (first) close_all(first, ROOT_DESCRIPTORS);
}

bool link_is_own(const char *host_path) {
    return text_equal(host_path, engine.plan.root);
}

/* close, dup, fcntl, fstatfs ...: whatever takes a descriptor first. */
long call_descriptor(struct call *call) {
    return descriptor_is_own(call->a[0]) ? -EBADF : call_run(call);
}

/* dup2, dup3: the number may be where the guest wants another descriptor. */
long call_dup_to(struct call *call) {
    if (descriptor_is_own(call->a[0])) return -EBADF;
    if (descriptor_is_own(call->a[1]) && sys(__NR_fcntl, call->a[0], F_GETFD) >= 0) own_descriptors_give_up();
    return call_run(call);
}

/* What is below the numbers, and what is above. */
long call_close_range(struct call *call) {
    u64 own = (u64)engine.root_descriptors, behind = own + ROOT_DESCRIPTORS;
    u32 first = (u32)call->a[0], last = (u32)call->a[1];
    if (!own || first > last || first >= behind || last < own) return call_run(call);
    if ((u32)call->a[2] & ~(u32)(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)) return -EINVAL;
    long r = first < own ? sys(__NR_close_range, first, own - 1, call->a[2]) : 0;
    return r == 0 && last >= behind ? sys(__NR_close_range, behind, last, call->a[2]) : r;
}
