/* Who this process is, and who others are, for handlers of any family. */
#ifndef CALLS_IDS_H
#define CALLS_IDS_H
#include <asm/socket.h>

#include "../trap/calls.h"
#include "own-ids.h"

struct peer { /* the kernel's struct ucred */
    u32 pid, uid, gid;
};

/* Fill engine.emulated and what belongs to it from the plan, and become who the plan asks for. `host_*`: the ids of
 * the user on the host. False where the plan's groups make no sense. */
bool ids_start(u32 host_uid, u32 host_gid);

enum whose { IDS_READ, IDS_OF_START, IDS_UNKNOWN, IDS_GONE };
/* The ids of another process of this container. IDS_OF_START: what a container starts with, since it is a process of
 * the host; IDS_UNKNOWN: the same, because its own cannot be read; IDS_GONE: the same, because it has ended or is about
 * to. `own`: a copy of its own_ids, empty where that cannot be read; or NULL. */
enum whose ids_of_process(u32 pid, struct ids *ids, struct own_ids *own);
/* The same in one call, where that is enough: false where it takes ids_of_process() to tell. What is no process of ours
 * has, as good as surely, nothing where the ids are. */
bool ids_seen_at_once(u32 pid, struct ids *ids, struct own_ids *own);
/* Is a process that runs an engine one of this container, by where its state is kept? */
bool same_container(u32 pid);
/* Ids that came with a message or a socket: what the guest is to see in place of the host's. */
void ids_show_peer(struct peer *peer);
/* Ids the guest wants to send: those of the host, if the guest may send them. 0 or -EPERM. */
long ids_send_as(struct peer *peer);

#endif
