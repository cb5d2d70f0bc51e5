/* Mount points stay behind when a container ends, since the engine becomes the program. So they are written down in
 * the state directory, and the next start removes what is still as it was made, empty, and needed no longer. */
#include "mountpoints.h"

#include <asm/stat.h>
#include <linux/stat.h>

#include "calls/resolve.h"
#include "engine.h"
#include "state/files.h"
#include "sys/limits.h"
#include "sys/raw.h"
#include "sys/say.h"
#include "sys/text.h"

#define NAME "/mount-points"
#define LIST_SIZE 65536

static void write_down(const char *host) {
    long fd = state_open(NAME, O_WRONLY | O_CREAT | O_APPEND);
    if (fd < 0) return;
    size_t n = strlen(host) + 1;
    if (may_append((int)fd, n) == 0) sys(__NR_write, fd, host, n);
    sys(__NR_close, fd);
}

static bool in_tree(const char *host) {
    size_t root = text_equal(engine.plan.root, "/") ? 0 : strlen(engine.plan.root);
    return memcmp(host, engine.plan.root, root) == 0 && host[root] == '/';
}

void mountpoint_make(const char *guest, bool directory) {
    static struct place place;
    char prefix[PATH_SIZE];
    struct stat st;
    size_t n = strlen(guest);
    if (n >= sizeof(prefix)) fail(125, "too long: ", guest);
    for (size_t i = 1; i <= n; i++) {
        if (i < n && guest[i] != '/') continue;
        memcpy(prefix, guest, i);
        prefix[i] = 0;
        if (path_walk(&engine.mounts, &path_host_system, "/", prefix, PATH_FOLLOW, &place) < 0) return;
        if (sys(__NR_newfstatat, AT_FDCWD, place.path, &st, AT_SYMLINK_NOFOLLOW) == 0) continue;
        if (!in_tree(place.path)) return;
        long r;
        if (i < n || directory) {
            r = sys(__NR_mkdirat, AT_FDCWD, place.path, 0755);
            if (r == 0) sys(__NR_fchmodat, AT_FDCWD, place.path, 0755); /* whatever the umask is */
        } else {
            r = sys(__NR_openat, AT_FDCWD, place.path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
            if (r >= 0) sys(__NR_close, r);
        }
        if (r >= 0) write_down(place.path);
    }
}

/* Does a bind of the plan lie at or below this host path? Seen by its text alone: when in doubt it stays. */
static bool is_needed(const struct plan *plan, const char *host) {
    size_t root = strlen(plan->root), n = strlen(host + root);
    for (unsigned i = 0; i < plan->bind_count; i++) {
        const char *guest = plan->binds[i].guest;
        if (strlen(guest) >= n && memcmp(guest, host + root, n) == 0 && (!guest[n] || guest[n] == '/')) return true;
    }
    return false;
}

static bool remove_empty(const char *host) {
    struct stat st;
    if (sys(__NR_newfstatat, AT_FDCWD, host, &st, AT_SYMLINK_NOFOLLOW) < 0) return false;
    if (S_ISDIR(st.st_mode)) return sys(__NR_unlinkat, AT_FDCWD, host, AT_REMOVEDIR) == 0;
    return S_ISREG(st.st_mode) && !st.st_size && sys(__NR_unlinkat, AT_FDCWD, host, 0) == 0;
}

void mountpoints_clean(const struct plan *plan) {
    static char list[LIST_SIZE];
    static const char *known[LIST_SIZE / 8];
    unsigned count = 0;
    long fd = state_open(NAME, O_RDONLY);
    if (fd < 0) return;
    long n = sys(__NR_read, fd, list, sizeof(list) - 1);
    sys(__NR_close, fd);
    if (n <= 0 || (fd = state_open(NAME, O_WRONLY | O_TRUNC)) < 0) return;
    sys(__NR_close, fd);
    list[n] = 0;
    for (long at = 0; at < n && count < ARRAY_LENGTH(known); at += (long)strlen(list + at) + 1)
        if (in_tree(list + at)) known[count++] = list + at;
    /* What lies deeper was made later. */
    for (unsigned i = count; i-- > 0;)
        if (!is_needed(plan, known[i]) && remove_empty(known[i])) known[i] = NULL;
    struct stat st;
    for (unsigned i = 0; i < count; i++)
        if (known[i] && sys(__NR_newfstatat, AT_FDCWD, known[i], &st, AT_SYMLINK_NOFOLLOW) == 0) write_down(known[i]);
}
