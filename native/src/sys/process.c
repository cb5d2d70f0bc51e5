#include "process.h"

#include <linux/fcntl.h>

#include "entry.h"
#include "raw.h"
#include "text.h"

long process_file(u64 pid, const char *name, void *to, size_t size) {
    char path[64];
    text_put(path, text_put_number(path, text_put(path, 0, "/proc/"), pid), name);
    long fd = sys(__NR_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0) return fd;
    long r = sys(__NR_read, fd, to, size);
    sys(__NR_close, fd);
    return r;
}

long each_number(const char *directory, number_use *use, void *with) {
    char room[4096] __attribute__((aligned(8)));
    long fd = sys(__NR_openat, AT_FDCWD, directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0), n, answer = 0;
    if (fd < 0) return fd;
    while (!answer && (n = answer = sys(__NR_getdents64, fd, room, sizeof(room))) > 0) {
        answer = 0;
        for (long at = 0; !answer && at < n; at += ((struct entry *)(room + at))->length) {
            const char *end, *name = ((struct entry *)(room + at))->name;
            u64 number;
            if (text_number(name, &number, &end) && !*end) answer = use((u32)number, with);
        }
    }
    sys(__NR_close, fd);
    return answer;
}

const char *process_field(const char *status, const char *name) {
    size_t n = strlen(name);
    for (const char *line = status; *line; line++) {
        if (memcmp(line, name, n) == 0 && line[n] == ':') {
            for (line += n + 1; *line == '\t' || *line == ' '; line++) {
            }
            return line;
        }
        while (*line && *line != '\n') line++;
        if (!*line) break;
    }
    return NULL;
}

const u64 *auxiliary_in(const u64 *pairs, long size, u64 type) {
    for (long i = 0; i + 1 < size / 8 && pairs[i]; i += 2)
        if (pairs[i] == type) return &pairs[i + 1];
    return NULL;
}

long auxiliary_of(u64 pid, u64 type, u64 *value) {
    u64 pairs[MOST_AUXILIARY];
    long r = process_file(pid, "/auxv", pairs, sizeof(pairs));
    const u64 *found = auxiliary_in(pairs, r, type);
    if (found) *value = *found;
    return found ? 1 : r < 0 ? r : 0;
}

bool thread_is_own(u32 thread) {
    u32 self = (u32)sys(__NR_getpid);
    return thread == self || sys(__NR_tgkill, self, thread, 0) == 0;
}

u32 process_behind(int fd) {
    char path[48], text[512];
    u64 pid = 0;
    text_put_number(path, text_put(path, 0, "/fdinfo/"), (u64)fd);
    long n = process_file((u64)sys(__NR_gettid), path, text, sizeof(text) - 1);
    if (n <= 0) return 0;
    text[n] = 0;
    const char *field = process_field(text, "Pid");
    if (field && text_number(field, &pid, NULL)) return (u32)pid;
    text_put_number(path, text_put(path, 0, "/proc/thread-self/fd/"), (u64)fd);
    n = sys(__NR_readlinkat, AT_FDCWD, path, text, sizeof(text) - 1);
    if (n <= 0) return 0;
    text[n] = 0;
    return text_starts(text, "/proc/") && text_number(text + 6, &pid, NULL) ? (u32)pid : 0;
}
