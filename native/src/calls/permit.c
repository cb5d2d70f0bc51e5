/* Permissions of emulated users who are not root. On the host every file of the container belongs to the one user who
 * runs it, whom the kernel lets in as the owner; so what the guest's ids, the remembered owners and modes forbid is
 * refused here, before the call. Files of other users of the host the kernel judges itself, and binds are open to all
 * users of a container, except for what it has given to somebody.
 *
 * A way that was found open is remembered by the text of its directory, so that most calls cost little more: until
 * something on the way may have changed, which the directory cache counts. */
#include "permit.h"

#include <asm/stat.h>

#include "../state/ownership.h"
#include "../sys/raw.h"
#include "../sys/text.h"
#include "owners.h"
#include "resolve.h"
#include "wish.h"

#define WAYS 64

static u64 ways[WAYS]; /* keys of directory texts */

static bool in_tree(int directory, const char *path) {
    char link[48], host[PATH_SIZE];
    if (path[0] == '/') return in_own_tree(path);
    link_of(directory, link);
    return link_read(link, host, sizeof(host)) > 0 && in_own_tree(host);
}

/* Is it for the engine to judge about this file? `directory` and `path` lead to it, or to what is in it. */
static bool is_judged(const struct file *file, int directory, const char *path) {
    return file->disk_uid == engine.host_uid && (file->known || in_tree(directory, path));
}

static bool refused(const struct file *file, u32 need, int directory, const char *path) {
    return !file_permits(ids_now(), file, need) && is_judged(file, directory, path);
}

static bool searchable(const char *path) {
    struct file file;
    if (file_look(AT_FDCWD, path[0] ? path : "/", 0, &file) < 0 || !S_ISDIR(file.mode)) return true;
    return !refused(&file, MAY_EXECUTE, AT_FDCWD, path);
}

/* The directory that holds the last name. */
static bool searchable_above(const char *path) {
    char above[PATH_ROOM];
    size_t n = strlen(path);
    while (n && path[n - 1] == '/') n--;
    while (n && path[n - 1] != '/') n--;
    while (n && path[n - 1] == '/') n--;
    if (n >= sizeof(above)) return true;
    memcpy(above, path, n);
    above[n] = 0;
    return searchable(above);
}

static long read_link(const char *path, char *to, size_t size) {
    return searchable_above(path) ? path_host_system.read_link(path, to, size) : -EACCES;
}

static long check_directory(const char *path) {
    long r = path_host_system.check_directory(path);
    return r == 0 && !searchable(path) ? -EACCES : r;
}

static long magic_link(const char *path, bool last, char *to, size_t size) {
    return path_host_system.magic_link(path, last, to, size);
}

static const struct path_host path_host_permitting = {read_link, check_directory, magic_link};

static u64 mix(u64 hash, u64 value) {
    hash = (hash ^ value) * 0xff51afd7ed558ccdUL;
    return hash ^ hash >> 29;
}

/* What stands for a directory's text, the ids that ask, and the state of all ways. 0: nothing can be remembered. */
static u64 way_key(const char *text, size_t length) {
    const struct ids *ids = ids_now();
    const struct cache *cache = engine.mounts.cache;
    if (!cache) return 0;
    u64 key = mix((u64)ids->user.fs << 32 | ids->group.fs, ids->group_count);
    for (u32 i = 0; i < ids->group_count; i++) key = mix(key, ids->groups[i]);
    u32 generation = __atomic_load_n(&cache->generation, __ATOMIC_ACQUIRE);
    key = mix(key, (u64)generation << 32 | __atomic_load_n(&cache->rights, __ATOMIC_ACQUIRE));
    key = mix(key, (u64)engine.mounts.identity << 32 | engine.mounts.root_length);
    for (; length >= 8; length -= 8, text += 8) {
        u64 word;
        __builtin_memcpy(&word, text, 8);
        key = mix(key, word);
    }
    while (length--) key = mix(key, (u8)*text++);
    return key ? key : 1;
}

static bool way_known(u64 key) {
    return key && __atomic_load_n(&ways[key % WAYS], __ATOMIC_RELAXED) == key;
}

/* The directory part of an absolute path that ends in a plain name; 0: there is none. */
static size_t directory_part(const char *text) {
    const char *name = text_last_name(text);
    if (text[0] != '/' || !name[0] || text_equal(name, ".") || text_equal(name, "..")) return 0;
    return (size_t)(name - text);
}

/* Find the place without asking for permissions; false where a link in the last place leads on. */
static bool find_straight(int directory, const char *text, u32 how, struct place *place, long *result) {
    char target[8];
    *result = resolve_at(directory, text, how & ~(u32)PATH_FOLLOW, place);
    if (*result < 0 || !(how & PATH_FOLLOW)) return true;
    return sys(__NR_readlinkat, place->directory, place->path, target, sizeof(target)) < 0;
}

static bool is_single(const char *text) {
    for (; *text; text++)
        if (*text == '/') return false;
    return true;
}

/* Find the place, every directory on the way being asked. 0 or -errno. */
static long find(int directory, const char *text, u32 how, struct place *place) {
    struct file base;
    long r;
    size_t part = how & PATH_RESOLVE ? 0 : directory_part(text);
    u64 key = part ? way_key(text, part) : 0;
    if (way_known(key) && find_straight(directory, text, how, place, &r)) return r;
    if (text[0] != '/') {
        r = file_look(directory, "", AT_EMPTY_PATH, &base);
        if (r == 0 && S_ISDIR(base.mode) && refused(&base, MAY_EXECUTE, directory, "")) return -EACCES;
        if (r == 0 && is_single(text) && text[0] != '.' && find_straight(directory, text, how, place, &r)) return r;
    }
    r = resolve_walk(directory, text, how, &path_host_permitting, place);
    if (r < 0 || (place->flags & PLACE_KERNEL_FOLLOWS)) return r;
    if (!searchable_above(place->path)) return -EACCES;
    if (key) __atomic_store_n(&ways[key % WAYS], key, __ATOMIC_RELAXED);
    return 0;
}

/* A name and the directory that holds it. */
struct name {
    struct file file, parent;
    bool there;
};

/* May a name be made or removed? In the kernel's order: what is wrong with the name itself is the handler's to say. */
static long permit_name(enum wish_name what, struct place *place, struct name *name) {
    u32 others = PLACE_READ_ONLY | PLACE_MOUNT_POINT | PLACE_UNNAMED | PLACE_KERNEL_FOLLOWS | PLACE_REMOVED;
    char text[PATH_ROOM];
    name->there = false;
    if (place->flags & others) return 0;
    size_t n = text_put(text, 0, place->path);
    while (n > 1 && text[n - 1] == '/') text[--n] = 0;
    long r = file_look(place->directory, text, 0, &name->file);
    if (r < 0 && r != -ENOENT) return 0;
    if (what == (r == 0 ? NAME_MADE : NAME_REMOVED) || file_look_parent(place, &name->parent) < 0) return 0;
    name->there = r == 0;
    if (refused(&name->parent, MAY_WRITE | MAY_EXECUTE, place->directory, place->path)) return -EACCES;
    const struct ids *ids = ids_now();
    u32 self = ids->user.fs;
    if (!name->there || !(name->parent.mode & S_ISVTX) || ids_capable(ids, CAP_FOWNER)) return 0;
    if (name->file.uid == self || name->parent.uid == self) return 0;
    return is_judged(&name->parent, place->directory, place->path) ? -EPERM : 0;
}

static long permit_owner(const struct wish *wish, const struct file *file, int directory, const char *path) {
    const struct ids *ids = ids_now();
    if (file->uid == ids->user.fs || ids_capable(ids, CAP_FOWNER)) return 0;
    if (wish->need) return refused(file, wish->need, directory, path) ? -EACCES : 0;
    return is_judged(file, directory, path) ? -EPERM : 0;
}

static long permit_found(const struct wish *wish, const struct file *file, int directory, const char *path) {
    if (S_ISLNK(file->mode) || wish->exclusive || (wish->directory && !S_ISDIR(file->mode))) return 0;
    if (wish->contents && (wish->creates || (wish->need & MAY_WRITE)) && S_ISDIR(file->mode)) return 0; /* EISDIR */
    if (wish->owner) return permit_owner(wish, file, directory, path);
    return wish->need && refused(file, wish->need, directory, path) ? -EACCES : 0;
}

static long permit_file(const struct wish *wish, const struct place *place) {
    char host[PATH_SIZE];
    const char *path = place->path;
    struct file file;
    bool follows = place->flags & PLACE_KERNEL_FOLLOWS;
    if (!wish->need && !wish->owner && !wish->creates) return 0;
    long r = file_look(place->directory, path, follows ? AT_SYMLINK_FOLLOW : 0, &file);
    if (r == -ENOENT && wish->creates && !(place->flags & PLACE_READ_ONLY)) {
        if (file_look_parent(place, &file) < 0) return 0;
        return refused(&file, MAY_WRITE | MAY_EXECUTE, place->directory, path) ? -EACCES : 0;
    }
    if (r < 0 || (place->flags & PLACE_READ_ONLY)) return 0;
    if (follows && (path = host, place_target(place, host, sizeof(host)) < 0)) return 0;
    return permit_found(wish, &file, place->directory, path);
}

static long permit_descriptor(const struct call *call, const struct path_argument *argument, const struct wish *wish) {
    struct file file;
    u64 pointer = call->a[(int)argument->path];
    bool empty = argument->flags >= 0 && (call->a[(int)argument->flags] & AT_EMPTY_PATH);
    if ((pointer && !empty) || argument->directory < 0 || (!wish->need && !wish->owner)) return 0;
    int directory = (int)call->a[(int)argument->directory];
    if (file_look(directory, "", AT_EMPTY_PATH, &file) < 0) return 0;
    return permit_found(wish, &file, directory, "");
}

static long permit_path(const struct call *call, const struct path_argument *argument, struct name *name) {
    char text[PATH_SIZE];
    struct place place;
    struct wish wish = wish_of(call, argument);
    name->there = false;
    text[0] = 0;
    if (call->a[(int)argument->path] && arch_copy_text(text, (const char *)call->a[(int)argument->path], sizeof(text)) < 0)
        return 0;
    if (!text[0]) return permit_descriptor(call, argument, &wish);
    int directory = argument->directory < 0 ? AT_FDCWD : (int)call->a[(int)argument->directory];
    u32 how = wish.name ? PATH_PARENT : wish.follow ? PATH_FOLLOW : 0;
    long r = find(directory, text, how | wish.resolve, &place);
    if (r < 0) return r == -EACCES ? r : 0;
    return wish.name ? permit_name(wish.name, &place, name) : permit_file(&wish, &place);
}

/* A directory that gets another parent is itself written to. */
static long permit_move(const struct name name[2]) {
    const struct file *a = &name[0].parent, *b = &name[1].parent;
    if (!name[0].there || !S_ISDIR(name[0].file.mode) || (a->inode == b->inode && a->device == b->device)) return 0;
    bool judged = name[0].file.disk_uid == engine.host_uid && (name[0].file.known || a->known);
    return judged && !file_permits(ids_now(), &name[0].file, MAY_WRITE) ? -EACCES : 0;
}

long permit(const struct call *call) {
    struct name name[2];
    const struct path_argument *paths = call->row->paths;
    if (!ownership_has_list()) return 0;
    for (unsigned i = 0; i < 2; i++) {
        long r = paths[i].path < 0 ? 0 : permit_path(call, &paths[i], &name[i]);
        if (r < 0) return r;
    }
    bool moves = paths[0].path >= 0 && paths[1].path >= 0 && (paths[0].how & PATH_PARENT);
    return moves && name[1].there ? permit_move(name) : 0;
}

long permit_socket(int directory, const char *path, bool makes) {
    struct place place;
    struct name name;
    struct wish wish = {.need = makes ? 0 : MAY_WRITE, .name = makes ? NAME_MADE : NAME_KEPT};
    if (!permit_asked() || !ownership_has_list()) return 0;
    long r = find(directory, path, makes ? PATH_PARENT : PATH_FOLLOW, &place);
    if (r < 0) return r == -EACCES ? r : 0;
    return makes ? permit_name(wish.name, &place, &name) : permit_file(&wish, &place);
}
