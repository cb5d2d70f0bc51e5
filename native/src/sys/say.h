/* Lines on stderr that are the engine's own, and the end that follows some of them. */
#ifndef SAY_H
#define SAY_H

/* Tell what debug_say says from now on up to `level`, 0 to 9; 0, the beginning, is nothing. */
void say_more(int level);

/* One line on stderr where at least `level` was asked for. */
void debug_say(int level, const char *what, const char *about);

/* One line on stderr, then the process ends with `status`; fail_errno adds what `error`, a negative errno, means. */
void fail(int status, const char *what, const char *about) __attribute__((noreturn));
void fail_errno(int status, const char *what, const char *about, long error) __attribute__((noreturn));

#endif
