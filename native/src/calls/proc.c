/* Views of /proc that would show the engine or the host's paths. */
#include <asm/stat.h>
#include <linux/auxvec.h>
#include <linux/stat.h>
#include <linux/uio.h>

#include "../engine.h"
#include "../sys/process.h"
#include "../sys/raw.h"
#include "../sys/text.h"
#include "own-descriptor.h"
#include "resolve.h"
#include "textview.h"

struct mapping_search {
    struct text_view view; /* first: view_lines() hands it on */
    u64 address;
    char *to;
    size_t size;
    long result;
};

static bool hex_at(const char **text, u64 *value) {
    const char *p = *text;
    for (*value = 0;; p++) {
        int digit = *p >= '0' && *p <= '9' ? *p - '0' : *p >= 'a' && *p <= 'f' ? *p - 'a' + 10 : -1;
        if (digit < 0) break;
        *value = *value << 4 | (u64)digit;
    }
    bool some = p != *text;
    *text = p + (*p != 0);
    return some;
}

static void look_at_mapping(struct text_view *view, char *line) {
    struct mapping_search *search = (struct mapping_search *)view;
    const char *p = line;
    u64 start, end;
    if (!hex_at(&p, &start) || !hex_at(&p, &end) || search->address < start || search->address >= end) return;
    while (*p && *p != '/') p++;
    if (*p) search->result = host_to_guest(p, search->to, search->size);
}

/* The file that holds the entry of a process: to be had where the host forbids reading another's memory (Yama). */
static long program_mapped(u64 pid, char *to, size_t size) {
    struct mapping_search search = {.to = to, .size = size, .result = -EACCES};
    char path[48];
    long r = auxiliary_of(pid, AT_ENTRY, &search.address);
    if (r < 0) return r;
    size_t n = text_put_number(path, text_put(path, 0, "/proc/"), pid);
    text_put(path, n, "/maps");
    long fd = sys(__NR_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0) return fd;
    view_lines(&search.view, (int)fd, look_at_mapping);
    sys(__NR_close, fd);
    return search.result;
}

/* The program of another process: every engine keeps its state at the same address. */
static long program_of(u64 pid, const char *host_path, char *to, size_t size) {
    char ours[PATH_SIZE], theirs[PATH_SIZE];
    if (pid == (u64)sys(__NR_getpid)) return (long)text_put(to, 0, engine.program);
    long a = sys(__NR_readlinkat, AT_FDCWD, "/proc/self/exe", ours, sizeof(ours));
    long b = sys(__NR_readlinkat, AT_FDCWD, host_path, theirs, sizeof(theirs) - 1);
    if (b < 0) return b;
    theirs[b] = 0;
    if (a != b || memcmp(ours, theirs, (size_t)a) != 0) return host_to_guest(theirs, to, size);
    char *there = NULL;
    struct iovec mine = {&there, sizeof(there)}, other = {&engine.program, sizeof(there)};
    long r = sys(__NR_process_vm_readv, pid, &mine, 1, &other, 1, 0);
    if (r <= 0 || !there) return program_mapped(pid, to, size);
    mine = (struct iovec){to, size < PATH_SIZE ? size : PATH_SIZE}, other = (struct iovec){there, mine.iov_len};
    r = sys(__NR_process_vm_readv, pid, &mine, 1, &other, 1, 0);
    if (r <= 0) return program_mapped(pid, to, size);
    to[r - 1] = 0;
    return (long)strlen(to);
}

long proc_magic_link(const char *host_path, bool last, char *to, size_t size) {
    char host[PATH_SIZE];
    struct stat st;
    u64 pid, number;
    const char *end, *name = proc_behind_process(host_path, &pid);
    if (!name) return -EINVAL;
    if (text_equal(name, "exe")) return program_of(pid, host_path, to, size);
    if (text_equal(name, "root")) return (long)text_put(to, 0, "/");
    bool descriptor = text_starts(name, "fd/") && text_number(name + 3, &number, &end) && !*end;
    bool mapped = text_starts(name, "map_files/") && name[10];
    bool space = text_starts(name, "ns/") && name[3];
    if (!descriptor && !mapped && !space && !text_equal(name, "cwd")) return -EINVAL;
    bool own = descriptor && descriptor_is_own(number);
    if (last && !own && (descriptor || mapped || space)) return -EXDEV;
    long r = link_read(host_path, host, sizeof(host));
    if (r < 0) return r;
    if (own && link_is_own(host)) return -ENOENT;
    if (last && own) return -EXDEV;
    if (!last && engine.links_open && sys(__NR_newfstatat, AT_FDCWD, host_path, &st, 0) == 0 && S_ISLNK(st.st_mode))
        return -ENOTDIR;
    if ((r = removed_place(host_path, host, to, size)) != 0) {
        return r < 0 ? -EXDEV : r | MAGIC_JUMP | MAGIC_REMOVED;
    }
    if (host[0] != '/' || (r = host_to_guest(host, to, size)) < 0) return -EXDEV;
    return r | MAGIC_JUMP;
}
