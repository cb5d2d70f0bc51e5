/* Who this process is, and who others are, for handlers of any family. */
#ifndef CALLS_IDS_H
#define CALLS_IDS_H
#include <asm/socket.h>

#include "../ids/ids.h"
#include "../trap/calls.h"

struct peer { /* the kernel's struct ucred */
    u32 pid, uid, gid;
};

/* Fill engine.emulated and what belongs to it from the plan, and become who the plan asks for. `host_*`: the ids of
 * the user on the host. False where the plan's groups make no sense. */
bool ids_start(u32 host_uid, u32 host_gid);

/* The ids of this process, to read. */
const struct ids *ids_now(void);
/* The ids of this process, to change: a vfork child has its own, although it shares its parent's memory. */
struct ids *ids_to_change(void);
/* The ids of another process of this container, as far as they can be read; what a container starts with else. */
void ids_of_process(u32 pid, struct ids *ids);
/* Ids that came with a message or a socket: what the guest is to see in place of the host's. */
void ids_show_peer(struct peer *peer);
/* Ids the guest wants to send: those of the host, if the guest may send them. 0 or -EPERM. */
long ids_send_as(struct peer *peer);

#endif
