/* SCM_CREDENTIALS under emulation: the ids that travel with a message. */
#ifndef CALLS_CREDENTIALS_H
#define CALLS_CREDENTIALS_H
#include "../sys/types.h"

#define CONTROL_ROOM 4096

/* Copy the guest's control data to `room` (CONTROL_ROOM bytes) with the host's ids in the place of its own. 1: use
 * the copy; 0: nothing is to be changed; -errno. */
long credentials_send(u64 control, u64 length, u8 *room);
/* Put right what the kernel has just told the guest. */
void credentials_show(u64 control, u64 length);

#endif
