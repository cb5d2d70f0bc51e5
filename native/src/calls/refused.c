/* What is answered without being done. */
#include <linux/prctl.h>

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

/* A filter of the guest's own could forbid what the engine needs: it is told that the kernel has none. */
long call_seccomp(struct call *call) {
    (void)call;
    return -ENOSYS;
}

long call_prctl(struct call *call) {
    switch ((int)call->a[0]) {
    case PR_GET_SECCOMP: return 0;
    case PR_SET_SECCOMP: return -EINVAL;
    default: return prctl_about_ids((u32)call->a[0]) ? ids_prctl(call->a) : call_run(call);
    }
}
