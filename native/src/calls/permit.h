/* What the guest's own ids may not do, although the user who runs the container may; see permit.c. */
#ifndef CALLS_PERMIT_H
#define CALLS_PERMIT_H
#include "../engine.h"
#include "ids.h"
#include "resolve.h"

/* Is this a process whose calls must be looked at? Not root's, and not where nobody knows whose the files are. */
static inline bool permit_asked(void) {
    return engine.remembers && !ids_capable(ids_now(), CAP_DAC_OVERRIDE);
}

/* May the call go on, as far as its ways and the files there are concerned? Asked before its handler. 0, -EACCES or
 * -EPERM. What is wrong with the call otherwise its handler says; and names that are made or removed are for it to ask
 * about, in the kernel's order: */
long permit(const struct call *call);
/* May the last name of a place be made (`there`: removed or replaced)? 0, -EACCES or -EPERM. */
long permit_change(const struct place *place, bool there);
/* May the directory behind a descriptor be entered? 0 or -EACCES; what else is wrong with it the kernel says. */
long permit_search(int fd);
/* May what is at a place be written to? */
bool permit_writes(const struct place *place);
/* In a sticky directory that all may write: is what is there kept from an open that would make it? From root's, too. */
bool permit_kept(const struct place *place);
/* May what is at one place get a name at the other? Not where it is another's and could not be written
 * (fs.protected_hardlinks). */
long permit_link(const struct place *old, const struct place *new);
/* The same for a socket's name: `makes` where it is to be bound. Arguments as for resolve_at(). */
long permit_socket(int directory, const char *path, bool makes);

#endif
