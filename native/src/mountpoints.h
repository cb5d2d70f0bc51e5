/* Mount points that the image does not have. */
#ifndef MOUNTPOINTS_H
#define MOUNTPOINTS_H
#include "plan.h"

/* Make what is missing of a mount point, so that the guest can get there and sees it in listings. Only inside the
 * container's own tree: the directory of another bind is the host's. */
void mountpoint_make(const char *guest, bool directory);
/* Remove those that earlier starts have made and that `plan` does not need. */
void mountpoints_clean(const struct plan *plan);

#endif
