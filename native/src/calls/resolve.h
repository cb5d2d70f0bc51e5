/* From a path argument of a guest's call to a place on the host. */
#ifndef CALLS_RESOLVE_H
#define CALLS_RESOLVE_H
#include <asm/stat.h>

#include "../guest-path.h"
#include "../path/path.h"
#include "../trap/calls.h"

/* Resolve a path already copied into engine memory, relative to a guest descriptor (or AT_FDCWD). 0 or -errno.
 * `path` must live as long as `place`. */
long resolve_at(int directory, const char *path, u32 how, struct place *place);
/* A call ended with EACCES. True: in another way the paths it began at descriptors may be found; repeat it. */
bool resolve_again(struct slot *slot);
/* Refuse to change what is at a place in a read-only mount, as the kernel would: an error of the look-up first, else
 * -EROFS. 0: it may be changed. */
long refuse_change(const struct place *place);
/* May a name be made, a directory's or another's? In the kernel's order: -EEXIST before -EROFS. 0 or -errno. */
long check_creation(const struct place *place, bool directory);
/* The same where the engine must ask, and not only the kernel. */
long refuse_creation(const struct place *place, bool directory);
/* What the last name of a place is, whatever slashes are behind it. 0 or -errno. */
long place_look(const struct place *place, struct stat *st);
/* The host path behind a link of /proc that only the kernel can follow: its length or -errno. */
long place_target(const struct place *place, char *host, size_t size);
bool place_has_slash(const struct place *place);
/* resolve_guest() for a call that changes what is there (or, with PATH_PARENT, makes it), refused on read-only mounts. */
long resolve_change(int directory, u64 guest_path, u32 how, char *text, struct place *place);
/* A name that may be on somebody's way is about to change at this place. What it returns is for change_end(), which
 * comes behind tell_cache(). */
int change_begin(const struct place *place);
void change_end(int number);
/* After a success: names that may have been on somebody's way have changed at this place. */
void tell_cache(const struct place *place);
/* Was this descriptor opened in a read-only mount? Never for one that can be written. */
bool descriptor_read_only(int fd);
/* The same for the descriptor of a call that is in the table for that reason. */
bool change_refused(const struct call *call);
/* The same, always walking name by name and with another view of the host: the place is an absolute host path. */
long resolve_walk(int directory, const char *path, u32 how, const struct path_host *host, struct place *place);
/* The same, and what is relative to a directory begins at its link of /proc: those above it are not asked. */
long resolve_anchored(int directory, const char *path, u32 how, const struct path_host *host, struct place *place);
/* Room for a handler, in this order: what lies first shares a page of the stack with what the handler calls, and the rest
 * is not touched by most calls. */
struct path_room {
    struct place place;
    char text[PATH_SIZE]; /* for resolve_guest() and its kind */
};

/* Copy the guest's text to where it is wanted most often, behind the root's host path in place->text: place->given. Its
 * length, or -errno. */
long resolve_copy(u64 guest_path, struct place *place);
/* Resolve what was copied so. `text` (PATH_SIZE bytes) is for place->given where place->text is needed. 0 or -errno. */
long resolve_copied(int directory, size_t length, u32 how, char *text, struct place *place);
/* The same text once more, in another way. */
long resolve_given(int directory, u32 how, char *text, struct place *place);
/* resolve_copy() and resolve_copied(). */
long resolve_guest(int directory, u64 guest_path, u32 how, char *text, struct place *place);
/* What a link of /proc leads to, as the guest must see it: a guest path's length, or as path_host.magic_link. */
long proc_magic_link(const char *host_path, bool last, char *to, size_t size);

/* Make a place that is there an absolute and plain one. 0 or -errno. */
long place_plain(struct place *place);

/* What the look-up of the directory that holds a place's last name answers; `mode` as in access(). 0 or -errno. */
long place_parent(const struct place *place, int mode);

extern const struct path_host path_host_system;

/* Does a relative path of several names lead down only, by names none of which may be a bind's or a magic link? The
 * kernel may then be given it as it is, if it meets no link. The text is changed on the way, and as before in the end. */
bool leads_down(char *path);

#endif
