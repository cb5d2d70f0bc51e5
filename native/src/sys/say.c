/* What the engine itself says: one line on stderr, once, before the guest runs or where it was asked to tell more. */
#include "say.h"

#include <asm/unistd.h>
#include <linux/errno.h>

#include "raw.h"
#include "text.h"

int say_level HOT;

static void say(const char *what, const char *about, const char *more) {
    char line[PATH_SIZE + 256];
    const char *parts[] = {"udocker-engine: ", what, about, more, "\n"};
    size_t n = 0;
    for (unsigned i = 0; i < ARRAY_LENGTH(parts); i++)
        if (n + strlen(parts[i]) < sizeof(line)) n = text_put(line, n, parts[i]);
    sys(__NR_write, 2, line, n);
}

void debug_say(int level, const char *what, const char *about) {
    if (say_level >= level) say(what, about, "");
}

void fail(int status, const char *what, const char *about) {
    say(what, about, "");
    for (;;) sys(__NR_exit_group, status);
}

void fail_errno(int status, const char *what, const char *about, long error) {
    char number[40];
    const char *known = error == -ENOENT    ? ": no such file or directory"
                        : error == -EACCES  ? ": permission denied"
                        : error == -ENOTDIR ? ": not a directory"
                        : error == -ENOEXEC ? ": not a program this host can run"
                        : error == -ENOSYS  ? ": the kernel does not know this"
                                            : NULL;
    size_t n = text_put(number, 0, ": error ");
    text_put_number(number, n, (u64)-error);
    say(what, about, known ? known : number);
    for (;;) sys(__NR_exit_group, status);
}
