/* From a path to an open ELF file: execute permission, scripts and their interpreters, ld.so. */
#include <asm/stat.h>
#include <linux/stat.h>
#include <linux/time.h>

#include "../calls/own-descriptor.h"
#include "../calls/resolve.h"
#include "../engine.h"
#include "../near.h"
#include "../sys/raw.h"
#include "../sys/say.h"
#include "../sys/text.h"
#include "elf.h"
#include "exec.h"
#include "../calls/running.h"

#define RECENT 60              /* seconds */
#define NO_ARGUMENTS ((void *)1) /* a vector that is not there: EFAULT */

/* A program without read permission (mode 0111 and the like) can be read for a moment by the one who owns it. By way of a
 * descriptor for its path alone, since it may have no name but a link of /proc. */
static long open_unreadable(const struct place *place, u64 flags) {
    struct stat st;
    char link[48];
    long path = sys(__NR_openat, place->directory, place->path, O_PATH | O_CLOEXEC | (flags & O_NOFOLLOW), 0), fd = -EACCES;
    if (path < 0) return path;
    link_of((int)path, link);
    bool own = sys(__NR_fstat, path, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == (u32)sys(__NR_geteuid);
    if (own && !(st.st_mode & S_IRUSR) && sys(__NR_fchmodat, AT_FDCWD, link, (st.st_mode & 07777) | S_IRUSR) == 0) {
        fd = sys(__NR_openat, AT_FDCWD, link, flags & ~(u64)O_NOFOLLOW, 0);
        sys(__NR_fchmodat, AT_FDCWD, link, st.st_mode & 07777);
    }
    sys(__NR_close, path);
    return fd;
}

/* Does somebody have this file open for writing? Only the kernel knows: an exec of its own says so, since Linux 6.8
 * before it looks at the arguments, which are none here. Since that costs as much as a dozen other calls it is asked only
 * of files that were changed or made within the last minute, as those are that somebody is writing. */
static bool is_busy(int fd, const struct stat *st) {
    struct timespec now;
    if (sys(__NR_clock_gettime, CLOCK_REALTIME_COARSE, &now) < 0 || (i64)st->st_ctime + RECENT < now.tv_sec) return false;
    return sys(__NR_execveat, fd, "", NO_ARGUMENTS, NULL, AT_EMPTY_PATH) == -ETXTBSY;
}

/* Open for reading, refused like an exec: not a regular file, or no execute permission. */
static long open_executable(const struct place *place, bool follow) {
    struct stat st;
    u64 flags = O_RDONLY | O_NONBLOCK | (follow ? 0 : O_NOFOLLOW);
    struct near near = near_place(place);
    long r = sys(__NR_faccessat, near.directory, near.path, 1 /* X_OK */);
    if (r < 0) return r;
    long fd = sys(__NR_openat, near.directory, near.path, flags, 0);
    if (fd == -EACCES) fd = open_unreadable(place, flags);
    if (fd < 0) return fd == -ENXIO ? -EACCES : fd; /* a socket or such */
    r = sys(__NR_fstat, fd, &st);
    bool program = r == 0 && S_ISREG(st.st_mode) && (st.st_mode & 0111);
    if (program && !is_busy((int)fd, &st)) return fd;
    sys(__NR_close, fd);
    return r < 0 ? r : program ? -ETXTBSY : -EACCES;
}

static void name_after(const char *host, char *guest) {
    running_note(host);
    if (host_to_guest(host, guest, PATH_SIZE) < 0) text_put(guest, 0, host);
}

static __attribute__((noinline)) void name_descriptor(int fd, char *guest) {
    char link[48], host[PATH_SIZE];
    text_put_number(link, text_put(link, 0, "/proc/thread-self/fd/"), (u32)fd);
    long r = sys(__NR_readlinkat, AT_FDCWD, link, host, sizeof(host) - 1);
    host[r < 0 ? 0 : r] = 0;
    name_after(host, guest);
}

/* Plain guest path of the file just opened; the host's where the guest has none. */
static void name_file(const struct place *place, int fd, char *guest) {
    if (place->path[0] != '/' || (place->flags & (PLACE_KERNEL_FOLLOWS | PLACE_ANCHORED)))
        name_descriptor(fd, guest);
    else
        name_after(place->path, guest);
}

/* `guest`: PATH_SIZE bytes for the plain guest path, or NULL. */
static long open_path(int directory, const char *path, u64 flags, char *guest) {
    struct place place;
    char link[48];
    bool nofollow = (flags & AT_SYMLINK_NOFOLLOW) != 0, descriptor = !path[0] && (flags & AT_EMPTY_PATH);
    if (descriptor) {
        if (directory != AT_FDCWD && (descriptor_is_own((u32)directory) || sys(__NR_fcntl, directory, F_GETFD) < 0)) return -EBADF;
        if (directory == AT_FDCWD)
            text_put(link, 0, "/proc/thread-self/cwd");
        else
            text_put_number(link, text_put(link, 0, "/proc/thread-self/fd/"), (u32)directory);
        place.directory = AT_FDCWD;
        place.path = link;
        place.flags = PLACE_KERNEL_FOLLOWS;
    } else {
        long r = resolve_at(directory, path, nofollow ? 0 : PATH_FOLLOW | PATH_KEEP, &place);
        if (r < 0) return r;
        char target[8];
        if (nofollow && sys(__NR_readlinkat, place.directory, place.path, target, sizeof(target)) >= 0) return -ELOOP;
    }
    long fd = open_executable(&place, (place.flags & PLACE_KERNEL_FOLLOWS) != 0);
    if (fd < 0) return fd;
    if (guest) name_file(&place, (int)fd, guest);
    return fd;
}

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

/* Parse "#! interpreter [argument]" in place. 0, or -ENOEXEC. */
static long parse_script(char *line, size_t n, char **interpreter, char **argument) {
    size_t end = 2;
    while (end < n && line[end] != '\n' && line[end]) end++;
    bool cut = end == n && n == SCRIPT_LINE;
    line[end] = 0;
    char *p = line + 2;
    while (is_blank(*p)) p++;
    if (!*p) return -ENOEXEC;
    *interpreter = p;
    while (*p && !is_blank(*p)) p++;
    if (!*p && cut) return -ENOEXEC; /* the interpreter's name may be cut short */
    while (is_blank(*p)) *p++ = 0;
    *argument = *p ? p : NULL;
    for (char *q = line + end; *argument && q > *argument && is_blank(q[-1]); q--) q[-1] = 0;
    return 0;
}

static void push_prefix(struct program *p, const char *interpreter, const char *argument, const char *script) {
    unsigned added = argument ? 3 : 2, kept = p->prefix_count;
    /* The script's own name takes the place of the first word there was before. */
    unsigned drop = kept ? 1 : 0;
    for (unsigned i = kept; i-- > drop;) p->prefix[i - drop + added] = p->prefix[i];
    unsigned at = 0;
    p->prefix[at++] = interpreter;
    if (argument) p->prefix[at++] = argument;
    p->prefix[at] = script;
    p->prefix_count = kept - drop + added;
    p->replaces_first = true;
}

static long open_interpreter(struct program *p, const struct elf_file *elf) {
    p->interpreter_fd = -1;
    if (!elf->interpreter[0]) return 0;
    long fd = open_path(AT_FDCWD, elf->interpreter, 0, NULL);
    if (fd < 0) return fd;
    p->interpreter_fd = (int)fd;
    return 0;
}

static void name_script(struct program *p, int directory, const char *path) {
    p->script = path;
    if (directory == AT_FDCWD || path[0] == '/') return;
    char *text = p->texts + p->used;
    size_t n = text_put(text, 0, "/dev/fd/");
    n = text_put_number(text, n, (u32)directory);
    if (path[0]) n = text_put(text, n, "/");
    if (n + strlen(path) < PATH_SIZE) n = text_put(text, n, path);
    p->used += n + 1;
    p->script = text;
}

/* What was opened is no script. */
static long take_program(struct program *p, struct elf_file *elf) {
    u64 more[elf_more(elf)];
    elf->more = more;
    long r = elf->size < 0 ? elf->size : elf_read(p->fd, elf);
    if (r >= 0) r = elf_read_interpreter(p->fd, elf);
    if (r == -ELIBBAD) {
        debug_say(0, "cannot run a program for another CPU or of 32 bits; use a PRoot (P) or runc (R) mode: ", p->guest);
        r = -ENOEXEC;
    }
    p->is_engine = r >= 0 && elf_is_engine(elf);
    if (r >= 0 && !p->is_engine) running_lock(p->fd);
    return r < 0 ? r : open_interpreter(p, elf);
}

long program_find(int directory, const char *path, u64 flags, struct program *p) {
    struct elf_file elf;
    p->prefix_count = 0;
    p->replaces_first = false;
    name_script(p, directory, path);
    const char *script = p->script;
    char *guest = p->texts + p->used;
    p->guest = guest;
    for (unsigned depth = 0;; depth++) {
        long fd = open_path(directory, path, flags, guest);
        if (fd < 0) return fd;
        long n = elf_read_head((int)fd, &elf), r;
        if (n >= 2 && elf.head[0] == '#' && elf.head[1] == '!') {
            sys(__NR_close, fd);
            if (depth == SCRIPT_DEPTH) return -ELOOP;
            char *line = p->lines[depth], *interpreter, *argument;
            n = n > SCRIPT_LINE ? SCRIPT_LINE : n;
            memcpy(line, elf.head, (size_t)n);
            if ((r = parse_script(line, (size_t)n, &interpreter, &argument)) < 0) return r;
            push_prefix(p, interpreter, argument, script);
            directory = AT_FDCWD, path = interpreter, script = interpreter, flags = 0;
            continue;
        }
        p->fd = (int)fd;
        if ((r = take_program(p, &elf)) < 0) sys(__NR_close, p->fd);
        return r < 0 ? r : 0;
    }
}

void program_close(struct program *p) {
    sys(__NR_close, p->fd);
    if (p->interpreter_fd >= 0) sys(__NR_close, p->interpreter_fd);
}
