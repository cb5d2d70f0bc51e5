/* execve and execveat. */
#include "../exec/exec.h"

#include "../sys/raw.h"
#include "handlers.h"

static long do_exec(struct call *call, int directory, u64 path, u64 argv, u64 envp, u64 flags) {
    struct program program;
    char *text = program.texts;
    if (flags & ~(u64)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) return -EINVAL;
    long r = arch_copy_text(text, (const char *)path, PATH_SIZE);
    if (r < 0) return r;
    program.used = (size_t)r + 1;
    if (!text[0] && !(flags & AT_EMPTY_PATH)) return -ENOENT;
    r = program_find(directory, text, flags, &program);
    if (r < 0) return r;
    r = launch(&program, argv, envp, call->slot);
    program_close(&program);
    return r;
}

long call_execve(struct call *call) {
    return do_exec(call, AT_FDCWD, call->a[0], call->a[1], call->a[2], 0);
}

long call_execveat(struct call *call) {
    return do_exec(call, (int)call->a[0], call->a[1], call->a[2], call->a[3], call->a[4]);
}
