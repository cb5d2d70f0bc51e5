/* The first start of a container. */
#ifndef START_H
#define START_H
#include "sys/types.h"

/* From the words "plan1 ..." in argv[1] on: becomes the guest, or fails. */
void start(int argc, char **argv, char **envp, const u64 *auxv) __attribute__((noreturn));

#endif
