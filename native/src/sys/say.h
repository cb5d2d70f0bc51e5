/* Lines on stderr that are the engine's own, and the end that follows some of them. */
#ifndef SAY_H
#define SAY_H

extern int say_level; /* debug_say says what is up to this, 0 to 9; 0, the beginning, is nothing */

/* One line on stderr where at least `level` was asked for. */
void debug_say(int level, const char *what, const char *about);

/* One line on stderr, then the process ends with `status`; fail_errno adds what `error`, a negative errno, means. */
void fail(int status, const char *what, const char *about) __attribute__((noreturn));
void fail_errno(int status, const char *what, const char *about, long error) __attribute__((noreturn));

#endif
