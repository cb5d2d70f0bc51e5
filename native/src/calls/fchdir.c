/* fchdir: under emulated root it is for the guest's ids and modes to say whether the directory may be searched. */
#include "../engine.h"
#include "../sys/raw.h"
#include "handlers.h"
#include "own-descriptor.h"
#include "permit.h"
#include "unlock.h"

long call_fchdir(struct call *call) {
    int fd = (int)call->a[0];
    if (descriptor_is_own(call->a[0])) return -EBADF;
    if (!engine.emulated) return call_run(call);
    long r = permit_search(fd);
    if (r == 0) r = call_run(call);
    return r == -EACCES && unlock_directory(fd) ? call_run(call) : r;
}
