/* What the kernel's names of unix sockets stand for in the guest. */
#ifndef STATE_SOCKET_NAMES_H
#define STATE_SOCKET_NAMES_H
#include "../sys/types.h"

/* Keep what `name`, as bound in the kernel, stands for; nothing where it is a path. */
void socket_name_keep(const char *name, const char *guest);
/* The guest's name for a socket's name in the kernel, which begins with a slash. `guest`: PATH_SIZE bytes. */
bool socket_name_for_guest(const char *name, char *guest);
/* Drop what earlier processes of the container had to keep. */
void socket_names_forget_dead(void);

#endif
