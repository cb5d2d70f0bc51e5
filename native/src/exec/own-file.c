/* The engine's own file, for execs. /proc/self/exe always leads to it, but the kernel makes an entry of /proc for each
 * process that goes that way; its name is quicker, as long as the same file lies there. While a process runs it, no other
 * file can have its inode number. */
#include "own-file.h"

#include <asm/stat.h>

#include "../engine.h"
#include "../guest-path.h"
#include "../sys/raw.h"
#include "../sys/text.h"

static const char by_proc[] = "/proc/self/exe";
static const char *name HOT; /* NULL: not known */
static struct own_file known HOT;

static bool is_known(const struct stat *st) {
    return st->st_ino == known.inode && st->st_dev == known.device;
}

static bool look(const char *path, struct stat *st) {
    return sys(__NR_newfstatat, AT_FDCWD, path, st, 0) == 0;
}

void own_file_begin(void) {
    char text[PATH_SIZE];
    struct stat st;
    if (link_read(by_proc, text, sizeof(text)) < 0 || !look(by_proc, &st)) return;
    known.device = st.st_dev, known.inode = st.st_ino;
    if (look(text, &st) && is_known(&st)) name = engine_keep(text);
}

void own_file_resume(const char *path, const struct own_file *file) {
    if (!path || text_equal(path, by_proc)) return;
    known = *file;
    name = engine_keep(path);
}

struct own_file own_file(void) {
    return known;
}

const char *own_file_name(void) {
    struct stat st;
    return name && look(name, &st) && is_known(&st) ? name : by_proc;
}
