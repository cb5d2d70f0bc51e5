/* Whose the files of a process in /proc are: on the host those of all processes of a container are one user's. As on
 * Linux they are the process's effective ids', or, but for the directory itself, root's where it has changed its ids
 * since its program began. */
#include "../engine.h"
#include "../guest-path.h"
#include "../sys/raw.h"
#include "../sys/text.h"
#include "ids.h"
#include "owners.h"

/* The process whose directory in /proc holds what a stat call was about; 0: it lies elsewhere. */
static u32 process_of(int directory, const char *path) {
    char link[48], text[PATH_SIZE];
    u64 pid;
    const char *name = path, *end;
    if (path[0] != '/') {
        link_of(directory, link);
        if (link_read(link, text, sizeof(text)) <= 0 || !text_starts(text, "/proc")) return 0;
        name = text;
        if (!text[5]) return text_number(path, &pid, NULL) ? (u32)pid : 0;
    }
    if (!text_starts(name, "/proc/") || !text_number(name + 6, &pid, &end)) return 0;
    return *end && *end != '/' ? 0 : (u32)pid;
}

bool file_show_process(int directory, const char *path, u32 mode, u32 *uid, u32 *gid) {
    struct ids other;
    struct own_ids own = own_ids;
    const struct ids *ids = &other;
    u32 pid = process_of(directory, path);
    if (!pid) return false;
    if (pid == (u32)sys(__NR_getpid)) ids = ids_now();
    else if (ids_of_process(pid, &other, &own) != IDS_READ) return false;
    bool roots = own.hidden && mode != (S_IFDIR | 0555);
    *uid = roots ? 0 : ids->user.effective;
    *gid = roots ? 0 : ids->group.effective;
    return true;
}

#define LINKS 3 /* the first of `hidden` */

bool process_hides(const char *path, bool opens, bool follows) {
    static const char *const hidden[] = {"exe", "cwd", "root", "environ", "auxv", "maps", "smaps", "smaps_rollup", "mem",
                                         "numa_maps", "pagemap", "fd", "fdinfo", "map_files", "io", "syscall", "ns",
                                         "personality", "stack", "clear_refs"};
    struct ids other;
    struct own_ids own;
    u64 pid;
    const char *name = proc_behind_process(path, &pid);
    if (!name || pid == (u64)sys(__NR_getpid)) return false;
    for (unsigned i = 0; i < ARRAY_LENGTH(hidden); i++) {
        size_t n = strlen(hidden[i]);
        if (!text_starts(name, hidden[i]) || (name[n] && name[n] != '/')) continue;
        if (name[n] != '/' && !opens && !(follows && i < LINKS)) return false;
        return ids_of_process((u32)pid, &other, &own) == IDS_READ && (own.hidden || !ids_may_look(ids_now(), &other));
    }
    return false;
}
