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
#include "../sys/descriptor.h"
#include "../sys/limits.h"
#include "../sys/raw.h"
#include "../sys/text.h"
#include "handlers.h"
#include "order.h"
#include "owners.h"
#include "resolve.h"
#include "wish.h"

#define WAYS 64

static u64 ways[WAYS]; /* keys of directory texts */

/* A file to be judged: itself, or (`above`) the directory that holds what `directory` and `path` lead to. */
struct subject {
    int directory;
    const char *path;
    bool above;
};

/* The directory part of a path, as a path. */
static void cut_name(const char *path, char *to) {
    size_t n = text_last_part(path, strlen(path)).begin;
    memcpy(to, path, n);
    text_put(to, n, ".");
}

/* Does it lie in the container's own tree? The path may begin at a link of /proc. */
static bool in_tree(const struct subject *s) {
    char link[48], text[PATH_ROOM];
    const char *path = s->path;
    if (path[0] == '/' && !text_starts(path, "/proc/")) return in_own_tree(path);
    cut_name(path, text);
    if (path[0] && (s->above || path[0] != '/')) path = text; /* a name lies where its directory does */
    long fd = path[0] ? open_path_alone(s->directory, path, 0) : s->directory;
    if (fd < 0 && path != text && path[0]) fd = open_path_alone(s->directory, text, 0);
    link_of((int)fd, link);
    bool in = (fd >= 0 || !path[0]) && link_read(link, text, PATH_SIZE) > 0 && in_own_tree(text);
    if (fd >= 0 && path[0]) sys(__NR_close, fd);
    return in;
}

/* Is it for the engine to judge about this file? */
static bool is_judged(const struct file *file, const struct subject *s) {
    return file->disk_uid == engine.host_uid && (file->known || in_tree(s));
}

static bool refused(const struct file *file, u32 need, const struct subject *s) {
    return !file_permits(ids_now(), file, need) && is_judged(file, s);
}

/* What the look-up of a directory answers before anything is found in it. What the disk's own modes forbid is not said
 * here. */
static long search(const char *path) {
    struct file file;
    long r = file_look(AT_FDCWD, path[0] ? path : "/", AT_SYMLINK_FOLLOW, &file);
    if (r < 0) return r == -EACCES ? 0 : r;
    if (!S_ISDIR(file.mode)) return -ENOTDIR;
    return refused(&file, MAY_EXECUTE, &(struct subject){AT_FDCWD, path, false}) ? -EACCES : 0;
}

/* The same for the directory that holds the last name. */
static long search_above(const char *path) {
    char above[PATH_ROOM];
    size_t n = text_last_part(path, strlen(path)).begin;
    while (n && path[n - 1] == '/') n--;
    if (n >= sizeof(above)) return 0;
    memcpy(above, path, n);
    above[n] = 0;
    return search(above);
}

static long read_link(const char *path, char *to, size_t size) {
    return search_above(path) == -EACCES ? -EACCES : path_host_system.read_link(path, to, size);
}

static long check_directory(const char *path) {
    long r = path_host_system.check_directory(path);
    return r == 0 && search(path) == -EACCES ? -EACCES : r;
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

/* The directory part of an absolute path that ends in a plain name; 0: there is none, or it leads elsewhere each time. */
static size_t directory_part(const char *text) {
    const char *name = text_last_name(text);
    if (text[0] != '/' || !name[0] || text_starts(text, "/proc/") || text_equal(name, ".") || text_equal(name, "..")) return 0;
    return (size_t)(name - text);
}

/* Find the place without asking for permissions; false where a link in the last place leads on. */
static bool find_straight(int directory, const char *text, u32 how, struct place *place, long *result) {
    char target[8];
    *result = resolve_at(directory, text, how & ~(u32)PATH_FOLLOW, place);
    if (*result < 0 || !(how & PATH_FOLLOW)) return true;
    return sys(__NR_readlinkat, place->directory, place->path, target, sizeof(target)) < 0;
}

static bool is_root(const char *text) {
    while (*text == '/') text++;
    return !*text;
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
    if (text[0] != '/' || (how & PATH_IN_ROOT)) {
        r = file_look(directory, "", AT_EMPTY_PATH, &base);
        if (r == 0 && !S_ISDIR(base.mode)) return -ENOTDIR;
        if (r == 0 && !is_root(text) && refused(&base, MAY_EXECUTE, &(struct subject){directory, "", false})) return -EACCES;
        if (r == 0 && is_single(text) && text[0] != '.' && !(how & PATH_RESOLVE) && find_straight(directory, text, how, place, &r)) return r;
    }
    r = resolve_anchored(directory, text, how, &path_host_permitting, place);
    if (r < 0 || (place->flags & PLACE_KERNEL_FOLLOWS)) return r;
    if ((r = search_above(place->path)) < 0) return r;
    if (key && !(place->flags & PLACE_ANCHORED)) __atomic_store_n(&ways[key % WAYS], key, __ATOMIC_RELAXED);
    return 0;
}

long permit_change(const struct place *place, bool there) {
    struct file file, parent;
    char text[PATH_ROOM];
    struct subject above = {place->directory, place->path, true};
    if (!permit_asked() || !ownership_has_list() || file_look_parent(place, &parent) < 0 || !parent.links) return 0;
    if (refused(&parent, MAY_WRITE | MAY_EXECUTE, &above)) return -EACCES;
    const struct ids *ids = ids_now();
    u32 self = ids->user.fs;
    if (!there || !(parent.mode & S_ISVTX) || ids_capable(ids, CAP_FOWNER) || parent.uid == self) return 0;
    size_t n = text_put(text, 0, place->path);
    while (n > 1 && text[n - 1] == '/') text[--n] = 0;
    if (file_look(place->directory, text, 0, &file) < 0 || file.uid == self) return 0;
    return is_judged(&parent, &above) ? -EPERM : 0;
}

long permit_search(int fd) {
    struct file file;
    if (!permit_asked() || !ownership_has_list() || file_look(fd, "", AT_EMPTY_PATH, &file) < 0 || !S_ISDIR(file.mode)) return 0;
    return refused(&file, MAY_EXECUTE, &(struct subject){fd, "", false}) ? -EACCES : 0;
}

bool permit_writes(const struct place *place) {
    struct file file;
    if (!permit_asked() || !ownership_has_list() || file_look(place->directory, place->path, 0, &file) < 0) return true;
    return !refused(&file, MAY_WRITE, &(struct subject){place->directory, place->path, false});
}

long permit_link(const struct place *old, const struct place *new) {
    struct file file;
    u64 flags = !old->path[0] ? AT_EMPTY_PATH : old->flags & PLACE_KERNEL_FOLLOWS ? AT_SYMLINK_FOLLOW : 0;
    const struct ids *ids = ids_now();
    if (!permit_asked() || !ownership_has_list()) return 0;
    if (file_look_parent(new, &file) < 0 || !file.links) return 0;
    if (file_look(old->directory, old->path, flags, &file) < 0) return 0;
    bool safe = S_ISREG(file.mode) && !(file.mode & S_ISUID) && (file.mode & (S_ISGID | S_IXGRP)) != (S_ISGID | S_IXGRP);
    bool own = file.uid == ids->user.fs || ids_capable(ids, CAP_FOWNER);
    if (!own && !(safe && file_permits(ids, &file, MAY_READ | MAY_WRITE)) && is_judged(&file, &(struct subject){old->directory, old->path, false}))
        return -EPERM;
    return permit_change(new, false);
}

static long permit_owner(const struct wish *wish, const struct file *file, const struct subject *s) {
    const struct ids *ids = ids_now();
    if (file->uid == ids->user.fs || ids_capable(ids, CAP_FOWNER)) return 0;
    if (wish->need) return refused(file, wish->need, s) ? -EACCES : 0;
    return is_judged(file, s) ? -EPERM : 0;
}

static long permit_found(const struct wish *wish, const struct file *file, const struct subject *s) {
    if ((S_ISLNK(file->mode) && wish->contents) || wish->exclusive || (wish->directory && !S_ISDIR(file->mode))) return 0;
    if (wish->regular && !S_ISREG(file->mode)) return 0; /* EINVAL */
    if (wish->contents && (wish->creates || (wish->need & MAY_WRITE)) && S_ISDIR(file->mode)) return 0; /* EISDIR */
    if (wish->attribute && !S_ISREG(file->mode) && !S_ISDIR(file->mode)) return 0; /* they have none */
    bool sticky = S_ISDIR(file->mode) && (file->mode & S_ISVTX) && (wish->need & MAY_WRITE);
    if (wish->attribute && sticky && file->uid != ids_now()->user.fs && is_judged(file, s)) return -EPERM;
    if (wish->owner) return permit_owner(wish, file, s);
    return wish->need && refused(file, wish->need, s) ? -EACCES : 0;
}

/* In a sticky directory that all may write, O_CREAT does not open what is another's; of regular files and pipes only
 * where fs.protected_regular and fs.protected_fifos ask for it, which is the host's affair. */
static bool kept_from_all(const struct place *place, const struct file *file) {
    struct file parent;
    if (S_ISREG(file->mode) || S_ISFIFO(file->mode) || S_ISDIR(file->mode) || file_look_parent(place, &parent) < 0) return false;
    if (!(parent.mode & S_ISVTX) || !(parent.mode & S_IWOTH) || file->uid == parent.uid) return false;
    return file->uid != ids_now()->user.fs && is_judged(&parent, &(struct subject){place->directory, place->path, true});
}

bool permit_kept(const struct place *place) {
    struct file file;
    if (!engine.remembers || !ownership_has_list() || (place->flags & PLACE_KERNEL_FOLLOWS)) return false;
    return file_look(place->directory, place->path, 0, &file) == 0 && kept_from_all(place, &file);
}

static long permit_file(const struct wish *wish, const struct place *place) {
    char host[PATH_SIZE];
    const char *path = place->path;
    struct file file;
    bool follows = place->flags & PLACE_KERNEL_FOLLOWS;
    if (!wish->need && !wish->owner && !wish->creates) return 0;
    long r = file_look(place->directory, path, follows ? AT_SYMLINK_FOLLOW : 0, &file);
    if (r == -ENOENT && wish->creates && !(place->flags & PLACE_READ_ONLY)) {
        if (file_look_parent(place, &file) < 0 || !file.links) return 0; /* ENOENT: it is removed */
        return refused(&file, MAY_WRITE | MAY_EXECUTE, &(struct subject){place->directory, path, true}) ? -EACCES : 0;
    }
    if (r < 0 || (place->flags & PLACE_READ_ONLY)) return 0;
    if (wish->creates && !wish->exclusive && !follows && kept_from_all(place, &file)) return -EACCES;
    if (follows && (path = host, place_target(place, host, sizeof(host)) < 0)) return 0;
    return permit_found(wish, &file, &(struct subject){place->directory, path, false});
}

static long permit_descriptor(const struct call *call, const struct path_argument *argument, const struct wish *wish) {
    struct file file;
    u64 pointer = call->a[(int)argument->path];
    bool empty = argument->flags >= 0 && (call->a[(int)argument->flags] & AT_EMPTY_PATH);
    if (pointer && !empty) return -ENOENT;
    if (argument->directory < 0 || (!wish->need && !wish->owner)) return 0;
    int directory = (int)call->a[(int)argument->directory];
    if (wish_refuses(call->number, directory)) return 0;
    if (!pointer && !attribute_use(call->number).need && !descriptor_is_open(directory)) return 0; /* EFAULT, EBADF */
    if (file_look(directory, "", AT_EMPTY_PATH, &file) < 0) return 0;
    return permit_found(wish, &file, &(struct subject){directory, "", false});
}

static bool is_link(long number) {
#ifdef __NR_link
    if (number == __NR_link) return true;
#endif
    return number == __NR_linkat;
}

/* Memory, open files and the like of processes that are other users'. */
static bool hidden_in_proc(const struct call *call, const struct wish *wish, const char *path) {
    bool follows = wish->follow || call->number == __NR_readlinkat;
#ifdef __NR_readlink
    follows = follows || call->number == __NR_readlink;
#endif
    return text_starts(path, "/proc/") && process_hides(path, wish->need != 0, follows);
}

static long permit_path(const struct call *call, const struct path_argument *argument) {
    struct file file;
    char text[PATH_SIZE];
    struct place place;
    struct wish wish = wish_of(call, argument);
    u64 pointer = call->a[(int)argument->path];
    text[0] = 0;
    if (pointer && arch_copy_text(text, (const char *)pointer, sizeof(text)) < 0) return -EFAULT;
    if (!text[0] && !(argument->how & PATH_EMPTY) && call->number != __NR_execveat) return -ENOENT;
    if (!text[0]) return permit_descriptor(call, argument, &wish);
    int directory = argument->directory < 0 ? AT_FDCWD : (int)call->a[(int)argument->directory];
    u32 how = wish.name ? PATH_PARENT : wish.follow ? PATH_FOLLOW : 0;
    if (wish.creates) how |= PATH_CREATE;
    if (hidden_in_proc(call, &wish, text)) return -EACCES; /* some of its links lead out of there */
    long r = find(directory, text, how | wish.resolve, &place);
    if (r < 0 || wish.name) return r;
    if (hidden_in_proc(call, &wish, place.path)) return -EACCES;
    if (is_link(call->number) && file_look(place.directory, place.path, AT_SYMLINK_FOLLOW, &file) < 0 &&
        file_look(place.directory, place.path, 0, &file) < 0)
        return -ENOENT; /* this comes before the other path */
    return permit_file(&wish, &place);
}

/* Is there something wrong with the arguments that the kernel sees before it looks at any file? */
static bool refused_earlier(const struct call *call) {
    char first;
    switch (call->number) {
#ifdef __NR_symlink
    case __NR_symlink:
#endif
    case __NR_symlinkat: return arch_copy(&first, (const void *)call->a[0], 1) < 0 || !first;
    case __NR_openat2: return sys(__NR_openat2, AT_FDCWD, "", call->a[2], call->a[3]) != -ENOENT;
    case __NR_unlinkat: return call->a[2] & ~(u64)AT_REMOVEDIR;
    case __NR_utimensat: return !call->a[1] && call->a[3];
    case __NR_linkat: return call->a[4] & ~(u64)(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH);
    case __NR_renameat2: return rename_flags_wrong((u32)call->a[4]);
#ifdef __NR_readlink
    case __NR_readlink: return (int)call->a[2] <= 0;
#endif
    case __NR_readlinkat: return (int)call->a[3] <= 0;
    default: return false;
    }
}

long permit(const struct call *call) {
    const struct path_argument *paths = call->row->paths;
    if (!ownership_has_list()) return 0;
    for (unsigned i = 0; i < 2; i++) {
        long r = paths[i].path < 0 ? 0 : permit_path(call, &paths[i]);
        if (r == -EACCES || r == -EPERM) return refused_earlier(call) ? 0 : r;
        if (r < 0) return 0;
    }
    return 0;
}

long permit_socket(int directory, const char *path, bool makes) {
    struct place place;
    struct wish wish = {.need = makes ? 0 : MAY_WRITE};
    if (!permit_asked() || !ownership_has_list()) return 0;
    long r = find(directory, path, makes ? PATH_PARENT : PATH_FOLLOW, &place);
    if (r < 0) return r == -EACCES ? r : 0;
    return makes ? 0 : permit_file(&wish, &place);
}
