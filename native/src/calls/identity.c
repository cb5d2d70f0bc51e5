/* Who and where the guest is. */
#include <linux/utsname.h>

#include "../engine.h"
#include "../sys/raw.h"
#include "../sys/text.h"
#include "handlers.h"

long call_uname(struct call *call) {
    struct new_utsname name;
    long r = sys(__NR_uname, &name);
    if (r < 0) return r;
    if (engine.plan.hostname) text_put(name.nodename, 0, engine.plan.hostname);
    if (engine.plan.kernel) text_put(name.release, 0, engine.plan.kernel);
    return arch_copy((void *)call->a[0], &name, sizeof(name));
}
