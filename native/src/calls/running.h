/* Programs that run may not be written to: ETXTBSY. The kernel does not know that they run, since the engine maps them.
 *
 * So each has a lock for reading on its file: a byte beyond all that anybody locks, owned by the open file (F_OFD_SETLK).
 * The mappings keep that open when its descriptor is closed, in forked children too, so the lock goes with the last
 * process that has the program mapped, however that ends. Who opens a file to write to it asks for such a lock, but only
 * where a program of that name was ever started in this container (`programs` in the directory cache), so that other
 * opens cost a look at one word. Locks are kept on the device of the container's tree only, and not where they would go
 * over a network. */
#ifndef CALLS_RUNNING_H
#define CALLS_RUNNING_H
#include "../path/path.h"

#define RUNNING_BYTE 0x7ffffffffffffffeL

/* The device of the container's tree, if its files may be locked; else 0. */
u32 running_lockable(void);
/* This open file is about to become the program. */
void running_lock(int fd);
/* A program of this (host) path is looked for. */
void running_note(const char *host);
/* Opening a place with these flags, or with O_TRUNC cutting what is there: -ETXTBSY, or 0. */
long running_refuses(const struct place *place, u64 flags);
/* The same where the name is a program's. */
long running_look(const struct place *place, u64 flags);
/* May a path's last name be a program's? */
bool running_known(const char *path);
/* A name was moved or linked. */
void running_moved(const struct place *from, const struct place *to);

#endif
