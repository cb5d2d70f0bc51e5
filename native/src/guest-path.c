/* Between the host's names and the guest's. */
#include "guest-path.h"

#include <asm/stat.h>
#include <linux/stat.h>

#include "engine.h"
#include "near.h"
#include "sys/raw.h"
#include "sys/text.h"

long link_read(const char *host_path, char *to, size_t size) {
    struct near near = near_path(AT_FDCWD, host_path);
    long r = sys(__NR_readlinkat, near.directory, near.path, to, size - 1);
    if (r >= 0) to[r] = 0;
    return r;
}

long host_to_guest(const char *host, char *guest, size_t size) {
    return mounts_to_guest(&engine.mounts, host, guest, size);
}

long removed_place(const char *link, char *host, char *guest, size_t size) {
    static const char suffix[] = " (deleted)";
    struct stat st;
    size_t n = strlen(host), length = sizeof(suffix) - 1;
    if (n < length || !text_equal(host + n - length, suffix)) return 0;
    if (sys(__NR_newfstatat, AT_FDCWD, link, &st, 0) < 0 ) return 0;
    if (!S_ISDIR(st.st_mode)) return -ENOTDIR; /* removed, or only so called: it may have other names */
    if (st.st_nlink) return 0;
    host[n - length] = 0;
    n = host[0] == '/' ? (size_t)host_to_guest(host, guest, size) : 0;
    return (long)n > 1 ? (long)n : -EXDEV;
}

void link_of(int directory, char link[48]) {
    if (directory == AT_FDCWD)
        text_put(link, 0, "/proc/thread-self/cwd");
    else
        text_put_number(link, text_put(link, 0, "/proc/thread-self/fd/"), (u32)directory);
}

const char *proc_behind_process(const char *path, u64 *pid) {
    const char *p;
    u64 thread;
    if (!text_starts(path, "/proc/") || !text_number(path + 6, pid, &p) || *p++ != '/') return NULL;
    if (text_starts(p, "task/") && text_number(p + 5, &thread, &p) && *p++ != '/') return NULL;
    return p;
}
