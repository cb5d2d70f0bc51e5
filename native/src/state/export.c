/* From the table of owners to a list; the other way is import.c. The table knows inodes only, so the tree is walked. */
#include "export.h"

#include <linux/stat.h>

#include "../calls/owners.h"
#include "../engine.h"
#include "../sys/entry.h"
#include "../sys/raw.h"
#include "../sys/say.h"
#include "../sys/text.h"
#include "ownership.h"

static struct {
    size_t used;
    char text[16 * PAGE_LEAST];
} out;

static void flush(void) {
    for (size_t done = 0; done < out.used;) {
        long r = sys(__NR_write, 1, out.text + done, out.used - done);
        if (r < 0 && r != -EINTR) fail_errno(125, "cannot write the list of owners", "", r);
        if (r > 0) done += (size_t)r;
    }
    out.used = 0;
}

static void put_field(const char *text) {
    size_t n = strlen(text) + 1;
    if (out.used + n > sizeof(out.text)) flush();
    memcpy(out.text + out.used, text, n);
    out.used += n;
}

static void put_number(u64 value) {
    char text[24];
    text[text_put_number(text, 0, value)] = 0;
    put_field(text);
}

static void put_octal(u32 value) {
    char text[12], *at = text + sizeof(text) - 1;
    for (*at = 0; value; value >>= 3) *--at = (char)('0' + (value & 7));
    put_field(at);
}

static void put_device(u32 rdev) {
    char text[48];
    size_t n = text_put_number(text, 0, rdev >> 8 & 0xfff);
    text[n++] = ':';
    text[text_put_number(text, n, (rdev & 0xff) | (rdev >> 12 & 0xfff00))] = 0;
    put_field(text);
}

static void put_file(const char *path, const struct file *file) {
    put_field(path);
    put_number(file->uid);
    put_number(file->gid);
    put_octal(file->mode);
    if (S_ISCHR(file->mode) || S_ISBLK(file->mode)) put_device(file->rdev);
    else put_field("");
}

static char path[PATH_SIZE];

/* A directory of our own that its mode closes is opened for a moment. */
static long open_directory(int parent, const char *name, const struct file *file) {
    u64 flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    long fd = sys(__NR_openat, parent, name, flags, 0);
    if (fd != -EACCES || file->disk_uid != engine.host_uid) return fd;
    if (sys(__NR_fchmodat, parent, name, (file->disk_mode & 07777) | 0700) < 0) return fd;
    return sys(__NR_openat, parent, name, flags, 0);
}

static void walk(int parent, const char *name, size_t length);

static void walk_entries(int fd, size_t length) {
    struct entry *entry;
    char list[PAGE_LEAST] __attribute__((aligned(8)));
    long n;
    while ((n = sys(__NR_getdents64, fd, list, sizeof(list))) > 0) {
        for (long at = 0; at < n; at += entry->length) {
            entry = (struct entry *)(list + at);
            if (text_equal(entry->name, ".") || text_equal(entry->name, "..")) continue;
            if (length + strlen(entry->name) + 2 > sizeof(path)) fail(125, "a path is too long in ", path);
            path[length] = '/';
            walk(fd, entry->name, text_put(path, length + 1, entry->name));
        }
    }
    if (n < 0) fail_errno(125, "cannot read ", path, n);
}

/* The file `name`, whose guest path is path[0..length), and all that is in it. */
static void walk(int parent, const char *name, size_t length) {
    struct file file;
    long r = file_look(parent, name, 0, &file);
    if (r == -ENOENT) return;
    if (r < 0) fail_errno(125, "cannot read ", path, r);
    if (file.known) put_file(length ? path : "/", &file);
    if (!S_ISDIR(file.disk_mode)) return;
    long fd = open_directory(parent, name, &file);
    if (fd < 0) fail_errno(125, "cannot read ", path, fd);
    walk_entries((int)fd, length);
    if ((file.disk_mode & 0700) != 0700) sys(__NR_fchmod, fd, file.disk_mode & 07777);
    sys(__NR_close, fd);
    path[length] = 0;
}

void owners_export(int argc, char **argv) {
    struct file root;
    if (argc != 4) fail(125, "owners1 wants the root and the state directory", "");
    engine.host_uid = (u32)sys(__NR_geteuid);
    engine.host_gid = (u32)sys(__NR_getegid);
    long r = file_look(AT_FDCWD, argv[2], AT_SYMLINK_FOLLOW, &root);
    if (r < 0) fail_errno(125, "cannot read ", argv[2], r);
    struct ownership_root mark = {root.inode, root.birth, root.device};
    engine.plan.state = argv[3];
    r = ownership_open(&mark);
    if (r < 0 && r != -ENOENT && r != -ESTALE) fail_errno(125, "cannot read the owners in ", argv[3], r);
    engine.remembers = r == 0;
    put_field("udocker-owners-1");
    long fd = engine.remembers ? sys(__NR_openat, AT_FDCWD, argv[2], O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
    if (fd >= 0) walk((int)fd, ".", 0);
    flush();
    for (;;) sys(__NR_exit_group, 0);
}
