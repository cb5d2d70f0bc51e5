/* Socket addresses between guest and kernel: names of unix sockets are paths, and published ports are renumbered. */
#ifndef CALLS_ADDRESS_H
#define CALLS_ADDRESS_H
#include "../path/path.h"
#include "../trap/calls.h"

#define ADDRESS_SIZE 128 /* struct sockaddr_storage */

enum address_use {
    ADDRESS_BIND,  /* to be the socket's own */
    ADDRESS_REACH, /* where to connect or send */
    ADDRESS_OWN,   /* told by the kernel: the socket's own */
    ADDRESS_PEER,  /* told by the kernel: another's */
};

struct address {
    union {
        u16 family;
        u8 bytes[ADDRESS_SIZE];
    };
    u32 length;
    int through;         /* descriptor that a long name goes through, -1: none. Closed by address_done() */
    bool made;           /* a name is made in the tree, at `place` */
    char guest[112];     /* the name as the guest wrote it; "" where nothing must be remembered */
    const char *name;    /* bound under a shorter name first; this is the real one, in `place` */
    char temporary[32];
    struct place place;
};

/* Copy an address of `length` bytes from the guest and translate it for the kernel. 0 or -errno. */
long address_in(int socket, u64 at, u32 length, enum address_use use, struct address *address);
/* After the call: `result` is what it gave. Returns what the guest gets. */
long address_done(struct address *address, long result);
/* Translate in place what the kernel told (length as told); the guest's length. */
u32 address_out(int socket, u8 *bytes, u32 length, enum address_use use);

#endif
