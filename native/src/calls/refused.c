/* What is answered without being done. */
#include "../sys/raw.h"
#include "handlers.h"

long call_not_permitted(struct call *call) {
    (void)call;
    return -EPERM;
}

long call_not_supported(struct call *call) {
    (void)call;
    return -ENOSYS;
}

/* A shadow stack would have to know of every return that the engine makes for the guest. As on a CPU without. */
long call_arch_prctl(struct call *call) {
    (void)call;
    return -EOPNOTSUPP;
}
