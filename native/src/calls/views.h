/* Files of /proc as the guest must see them. */
#ifndef CALLS_VIEWS_H
#define CALLS_VIEWS_H
#include "../sys/types.h"

struct view;

/* The view of the file with this plain host path, or NULL where the kernel's own text is right. */
const struct view *view_of(const char *host_path);
/* Is this the name of a file that may have a view, in some directory of /proc? */
bool view_has_name(const char *name);
/* Open what `view` makes of the kernel's text: a descriptor for reading, or -errno. `flags` are those of open. The
 * text is that of this moment, like one read of the kernel's file. */
long view_open(const struct view *view, const char *host_path, u64 flags);

#endif
