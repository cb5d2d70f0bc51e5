/* What a program's file gives to who starts it, under emulation; see ids/gain.c for the rules. */
#ifndef EXEC_RIGHTS_H
#define EXEC_RIGHTS_H
#include "../ids/ids.h"

/* Make of the ids of the running process those that it has as the program open at `fd`. 1 where rights were gained, 0, or
 * -errno where the program may not be started. */
long rights_of_program(int fd, struct ids *ids);

#endif
