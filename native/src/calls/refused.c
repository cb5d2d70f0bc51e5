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

/* An audit message of an emulated root would be refused, which login programs take for a reason to end; that the
 * kernel has no audit system is none. */
long call_no_protocol(struct call *call) {
    (void)call;
    return -EPROTONOSUPPORT;
}

/* A shadow stack would have to know of every return that the engine makes for the guest. As on a CPU without. */
long call_arch_prctl(struct call *call) {
    (void)call;
    return -EOPNOTSUPP;
}
