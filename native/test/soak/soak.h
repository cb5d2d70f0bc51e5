/* Storms: each runs for a moment, checks what it gets, and leaves the process as it was. */
#ifndef SOAK_H
#define SOAK_H
#include "../guest/check.h"

#include <setjmp.h>
#include <spawn.h>
#include <sys/ptrace.h>
#include <sys/sysmacros.h>

extern char **environ;
extern const char *self;      /* path of this program */

/* A number below `most` from a storm's own sequence. */
unsigned pick(unsigned *seed, unsigned most);
/* Microseconds. */
void pause_us(unsigned us);
/* Run this program with arguments; its wait status. */
int run_self(const char *const *arguments);

void storm_forks(unsigned seed);
void storm_patched_sites(unsigned seed);
void storm_signals(unsigned seed);
void storm_spawns(unsigned seed);
void storm_exec_from_thread(unsigned seed);
void storm_big_arguments(unsigned seed);
void storm_cancelled(unsigned seed);
void storm_traced(unsigned seed);
void storm_names(unsigned seed);
void storm_sockets(unsigned seed);
void storm_proc(unsigned seed);
void storm_owners(unsigned seed);
void storm_programs(unsigned seed);
#endif
