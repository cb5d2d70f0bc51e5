/* From a path argument of a guest's call to a place on the host. */
#ifndef CALLS_RESOLVE_H
#define CALLS_RESOLVE_H
#include "../path/path.h"
#include "../trap/calls.h"

/* Resolve a path already copied into engine memory, relative to a guest descriptor (or AT_FDCWD). 0 or -errno.
 * `path` must live as long as `place`. */
long resolve_at(int directory, const char *path, u32 how, struct place *place);
/* Refuse what the call would do at a place in a read-only mount, as the kernel would: an error of the look-up first,
 * -EEXIST where something is to be made (`create`) that is there, else -EROFS. */
long refuse_read_only(const struct place *place, bool create);
/* resolve_guest() for a call that changes what is there (or, with PATH_PARENT, makes it), refused on read-only mounts. */
long resolve_change(int directory, u64 guest_path, u32 how, char *text, struct place *place);
/* After a success: names that may have been on somebody's way have changed at this place. */
void tell_cache(const struct place *place);
/* Was this descriptor opened in a read-only mount? Never for one that can be written. */
bool descriptor_read_only(int fd);
/* The same for the descriptor of a call that is in the table for that reason. */
bool change_refused(const struct call *call);
/* The same, always walking name by name and with another view of the host: the place is an absolute host path. */
long resolve_walk(int directory, const char *path, u32 how, const struct path_host *host, struct place *place);
/* Copy the guest's text to `text` (PATH_SIZE bytes) and resolve it. */
long resolve_guest(int directory, u64 guest_path, u32 how, char *text, struct place *place);
/* Guest text of a plain host path that may lie anywhere; its length, or -ENOENT. */
long host_to_guest(const char *host, char *guest, size_t size);
/* What a link of /proc leads to, as the guest must see it: a guest path's length, or as path_host.magic_link. */
long proc_magic_link(const char *host_path, bool last, char *to, size_t size);

/* /proc/PID/[task/TID/]... : the part behind, and the process id; NULL where it is no such path. */
const char *proc_behind_process(const char *path, u64 *pid);

/* What the look-up of the directory that holds a place's last name answers; `mode` as in access(). 0 or -errno. */
long place_parent(const struct place *place, int mode);

/* `host` is what a link of /proc shows. 0: the file is there; -ENOTDIR: it is removed, and no directory; else the length
 * of the guest path where the directory was, or -EXDEV. Changes `host`. */
long removed_place(const char *link, char *host, char *guest, size_t size);

extern const struct path_host path_host_system;

/* Does a relative path of several names lead down only, by names none of which may be a bind's or a magic link? The
 * kernel may then be given it as it is, if it meets no link. The text is changed on the way, and as before in the end. */
bool leads_down(char *path);

#endif
