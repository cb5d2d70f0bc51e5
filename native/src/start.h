/* What start and resume share: filling `engine` from the plan, and failing. */
#ifndef START_H
#define START_H
#include "sys/types.h"

/* Parse the plan's words from argv[first] on into `engine`. Exits with 125 where they make no sense. */
void engine_prepare(int argc, char **argv, int first);

/* The first start of a container, from the words "plan1 ..." in argv[1] on: becomes the guest, or fails. */
void start(int argc, char **argv, char **envp, const u64 *auxv) __attribute__((noreturn));

/* A copy of a text that lives as long as the process. */
char *keep(const char *text);

/* One line on stderr, then exit. */
void fail(int status, const char *what, const char *about) __attribute__((noreturn));
void fail_errno(int status, const char *what, const char *about, long error) __attribute__((noreturn));

#endif
