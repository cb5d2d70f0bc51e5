/* From a path argument of a guest's call to a place on the host. */
#ifndef CALLS_RESOLVE_H
#define CALLS_RESOLVE_H
#include "../path/path.h"
#include "../trap/calls.h"

/* Resolve a path already copied into engine memory, relative to a guest descriptor (or AT_FDCWD). 0 or -errno.
 * `path` must live as long as `place`. */
long resolve_at(int directory, const char *path, u32 how, struct place *place);
/* The same, always walking name by name and with another view of the host: the place is an absolute host path. */
long resolve_walk(int directory, const char *path, u32 how, const struct path_host *host, struct place *place);
/* Copy the guest's text to `text` (PATH_SIZE bytes) and resolve it. */
long resolve_guest(int directory, u64 guest_path, u32 how, char *text, struct place *place);
/* Guest text of a plain host path that may lie anywhere; its length, or -ENOENT. */
long host_to_guest(const char *host, char *guest, size_t size);
/* What a link of /proc leads to, as the guest must see it: a guest path's length, or as path_host.magic_link. */
long proc_magic_link(const char *host_path, bool last, char *to, size_t size);

extern const struct path_host path_host_system;

#endif
