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

/* What own-ids.c knows of this process; other processes read it from its memory. Small: every program writes to it. */
extern struct own_ids {
    u8 ready;         /* process_ids are filled in */
    u8 hidden;        /* it changed its ids since its program began, and so the kernel would call it not dumpable */
    u8 apart;         /* a thread or a vfork child may have other ids than process_ids */
    u8 lent;          /* copies for vfork children were made */
    u16 used;         /* sets of threads that changed theirs alone */
    u16 common;       /* the number that all threads carry: its set is process_ids; 0: there is none */
} own_ids;
extern struct ids process_ids;

/* The ids of the calling thread, where `apart`. */
const struct ids *ids_of_thread(void);
/* The ids of the calling thread, to read. Valid until it changes them. */
static inline const struct ids *ids_now(void) {
    return own_ids.apart ? ids_of_thread() : &process_ids;
}
/* Give the calling thread other ids; a vfork child too changes its own alone. 0 or -EAGAIN. */
long ids_become(const struct ids *next);
/* A program begins: it has one set of ids, and its only thread no number of its own. */
void ids_carry_none(void);

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
