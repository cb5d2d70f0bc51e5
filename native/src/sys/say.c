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

static const char *meaning(long error) {
    static const struct {
        int error;
        const char *text;
    } known[] = {
        {ENOENT, ": no such file or directory"},
        {EACCES, ": permission denied"},
        {EPERM, ": operation not permitted"},
        {ENOTDIR, ": not a directory"},
        {ELOOP, ": too many levels of symbolic links"},
        {ENOEXEC, ": not a program this host can run"},
        {ETXTBSY, ": the file is open for writing"},
        {ENOSYS, ": the kernel does not know this"},
        {ENOSPC, ": no space left on the device"},
        {EDQUOT, ": the disk quota is used up"},
        {EROFS, ": the file system is read-only"},
        {EIO, ": the disk or the network does not answer as it should"},
        {ENOMEM, ": no memory left"},
        {EAGAIN, ": no more processes or memory may be had"},
        {EMFILE, ": too many open files"},
        {EFBIG, ": file too large, there is a limit (ulimit -f)"},
    };
    for (unsigned i = 0; i < ARRAY_LENGTH(known); i++)
        if (known[i].error == -error) return known[i].text;
    return NULL;
}

void fail_errno(int status, const char *what, const char *about, long error) {
    char number[40];
    const char *known = meaning(error);
    size_t n = text_put(number, 0, ": error ");
    text_put_number(number, n, (u64)-error);
    say(what, about, known ? known : number);
    for (;;) sys(__NR_exit_group, status);
}
