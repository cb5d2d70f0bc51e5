/* A unix socket's name is kept by the kernel as it was bound and told to every peer, so it must lead back to what the
 * guest wrote. Where it was bound as /proc/PID/fd/N/NAME, a link in the container's state directory, named after that
 * text, says what it stands for. */
#include "socket-names.h"

#include <linux/un.h>

#include "../guest-path.h"
#include "../sys/entry.h"
#include "../sys/raw.h"
#include "../sys/text.h"
#include "files.h"

#define DIRECTORY "/sockets"

/* Is this /proc/PID/fd/N/..., as made below? Gives the length of PID. */
static size_t alias_process(const char *name) {
    const char *end;
    u64 pid;
    if (!text_starts(name, "/proc/") || !text_number(name + 6, &pid, &end) || !text_starts(end, "/fd/")) return 0;
    return (size_t)(end - name - 6);
}

/* STATE/sockets/PID-HASH for a name in the kernel. 0, or -errno. */
static long record_path(const char *name, char *to) {
    u64 hash = 0xcbf29ce484222325;
    size_t pid = alias_process(name);
    long n = pid ? state_path(DIRECTORY "/", to) : -ENOENT;
    if (n < 0) return n;
    if (n + 64 > PATH_SIZE) return -ENAMETOOLONG;
    memcpy(to + n, name + 6, pid);
    size_t end = text_put(to, (size_t)n + pid, "-");
    for (const char *p = name; *p; p++) hash = (hash ^ (u8)*p) * 0x100000001b3;
    text_put_number(to, end, hash);
    return 0;
}

void socket_name_keep(const char *name, const char *guest) {
    char path[PATH_SIZE];
    if (record_path(name, path) < 0) return;
    state_directory(DIRECTORY);
    sys(__NR_unlinkat, AT_FDCWD, path, 0);
    sys(__NR_symlinkat, guest, AT_FDCWD, path);
}

bool socket_name_for_guest(const char *name, char *guest) {
    char record[PATH_SIZE];
    if (!alias_process(name)) return host_to_guest(name, guest, PATH_SIZE) >= 0;
    if (record_path(name, record) < 0) return false;
    long r = sys(__NR_readlinkat, AT_FDCWD, record, guest, UNIX_PATH_MAX);
    if (r < 0) return false;
    guest[r] = 0;
    return true;
}

void socket_names_forget_dead(void) {
    char entries[PAGE_LEAST] __attribute__((aligned(8)));
    struct entry *entry;
    long fd = state_open(DIRECTORY, O_RDONLY | O_DIRECTORY);
    if (fd < 0) return;
    for (long n; (n = sys(__NR_getdents64, fd, entries, sizeof(entries))) > 0;)
        for (long at = 0; at < n; at += entry->length) {
            u64 pid;
            const char *end;
            entry = (struct entry *)(entries + at);
            if (text_number(entry->name, &pid, &end) && *end == '-' && sys(__NR_kill, pid, 0) == -ESRCH)
                sys(__NR_unlinkat, fd, entry->name, 0);
        }
    sys(__NR_close, fd);
}
