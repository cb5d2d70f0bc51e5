/* From the list of first owners ("udocker-owners-1", then five NUL-terminated fields for each file: guest path, uid,
 * gid, octal mode, "major:minor" or nothing) to the table. */
#include "import.h"

#include <linux/mman.h>

#include "../calls/owners.h"
#include "../calls/resolve.h"
#include "../engine.h"
#include "../sys/raw.h"
#include "../sys/say.h"
#include "../sys/text.h"
#include "ownership.h"

#define HEADER "udocker-owners-1"

struct list {
    const char *at, *end;
};

/* The next field, or NULL where there is no whole one left. */
static const char *next_field(struct list *list) {
    const char *field = list->at;
    while (list->at < list->end && *list->at) list->at++;
    if (list->at == list->end) return NULL;
    list->at++;
    return field;
}

static bool parse_octal(const char *text, u32 *value) {
    *value = 0;
    if (!*text) return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '7' || *value >> 29) return false;
        *value = *value << 3 | (u32)(*text - '0');
    }
    return true;
}

static bool parse_id(const char *text, u32 *id) {
    u64 value;
    const char *end;
    if (!text_number(text, &value, &end) || *end || value >= 0xffffffff) return false;
    *id = (u32)value;
    return true;
}

static bool parse_device(const char *text, u32 *rdev) {
    u64 major, minor;
    *rdev = 0;
    if (!*text) return true;
    if (!text_number(text, &major, &text) || *text++ != ':' || !text_number(text, &minor, &text) || *text) return false;
    *rdev = (u32)((minor & 0xff) | (major & 0xfff) << 8 | (minor & 0xfff00) << 12);
    return true;
}

/* One record. False where the list is not what it should be; files that are gone are passed over. */
static bool take_record(struct list *list) {
    static struct place place;
    struct file file;
    u32 uid, gid, mode, rdev;
    const char *path = next_field(list), *fields[4];
    for (unsigned i = 0; i < 4; i++)
        if (!(fields[i] = next_field(list))) return false;
    if (path[0] != '/' || !parse_id(fields[0], &uid) || !parse_id(fields[1], &gid)) return false;
    if (!parse_octal(fields[2], &mode) || !parse_device(fields[3], &rdev)) return false;
    if (path_walk(&engine.mounts, &path_host_system, "/", path, 0, &place) < 0) return true;
    if (file_look(AT_FDCWD, place.path, 0, &file) < 0) return true;
    bool device = S_ISCHR(mode) || S_ISBLK(mode);
    if (!device && (mode & S_IFMT) != (file.disk_mode & S_IFMT)) return true; /* something else by now */
    if (device && (!S_ISREG(file.disk_mode) || sys(__NR_fchmodat, AT_FDCWD, place.path, 0) < 0)) return true;
    if (device) file.disk_mode = S_IFREG;
    file.uid = uid, file.gid = gid, file.mode = mode;
    file.rdev = device ? rdev : file.disk_rdev;
    return file_remember(&file) == 0;
}

static long take_list(const char *text, u64 size) {
    struct list list = {text, text + size};
    const char *header = next_field(&list);
    if (!header || !text_equal(header, HEADER)) return -EINVAL;
    while (list.at < list.end)
        if (!take_record(&list)) return -EINVAL;
    return 0;
}

static long import(const char *path) {
    struct statx st;
    long fd = sys(__NR_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    if (fd == -ENOENT) return 0;
    if (fd < 0) return fd;
    long r = sys(__NR_statx, fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &st);
    u64 mark[3] = {(u64)st.stx_mtime.tv_sec * 1000000000 + st.stx_mtime.tv_nsec, st.stx_size, st.stx_ino};
    if (r == 0 && st.stx_size && !ownership_list_is(mark)) {
        r = sys(__NR_mmap, 0, st.stx_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (!is_error(r)) {
            const char *text = (const char *)r;
            r = take_list(text, st.stx_size);
            sys(__NR_munmap, text, st.stx_size);
            if (r == 0) ownership_list_set(mark);
        }
    }
    sys(__NR_close, fd);
    return r;
}

long owners_begin(void) {
    struct file root;
    long r = file_look(AT_FDCWD, engine.plan.root, 0, &root);
    if (r < 0) return r;
    struct ownership_root mark = {root.inode, root.birth, root.device};
    r = ownership_begin(&mark);
    if (r > 0) debug_say(0, "the owners of files that were remembered here are damaged and forgotten: ", engine.plan.state);
    if (r >= 0 && engine.plan.owners) r = import(engine.plan.owners);
    return r;
}
