/* What the guest's own ids may not do, although the user who runs the container may; see permit.c. */
#ifndef CALLS_PERMIT_H
#define CALLS_PERMIT_H
#include "../engine.h"
#include "ids.h"

/* Is this a process whose calls must be looked at? Not root's, and not where nobody knows whose the files are. */
static inline bool permit_asked(void) {
    return engine.remembers && !ids_capable(ids_now(), CAP_DAC_OVERRIDE);
}

/* May the call go on, as far as permissions go? Asked before its handler. 0, -EACCES or -EPERM. What is wrong with
 * the call otherwise its handler says. */
long permit(const struct call *call);
/* The same for a socket's name: `makes` where it is to be bound. Arguments as for resolve_at(). */
long permit_socket(int directory, const char *path, bool makes);

#endif
