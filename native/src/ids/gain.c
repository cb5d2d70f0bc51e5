/* What an exec makes of ids: set-id bits and capabilities of the program's file, as cap_bprm_creds_from_file() of the
 * kernel's security/commoncap.c. */
#include <linux/errno.h>
#include <linux/securebits.h>

#include "../sys/text.h"
#include "ids.h"

#define SET_USER 04000u
#define SET_GROUP 02010u /* and the group may run it: without that the bit means something else */
#define NUMBERS_OF_2 5   /* of 32 bits: a magic number, then permitted and inheritable in two parts */

long program_capabilities(struct program_rights *program, const void *attribute, size_t size) {
    u32 n[NUMBERS_OF_2 + 1] = {0};
    if (size < sizeof(n[0]) || size > sizeof(n)) return -EINVAL;
    memcpy(n, attribute, size);
    bool one = (n[0] & VFS_CAP_REVISION_MASK) == VFS_CAP_REVISION_1 && size == XATTR_CAPS_SZ_1;
    bool two = (n[0] & VFS_CAP_REVISION_MASK) == VFS_CAP_REVISION_2 && size == XATTR_CAPS_SZ_2;
    bool three = (n[0] & VFS_CAP_REVISION_MASK) == VFS_CAP_REVISION_3 && size == XATTR_CAPS_SZ_3;
    if (!one && !two && !three) return -EINVAL;
    if (three && n[NUMBERS_OF_2]) return 0; /* for a user namespace whose root is somebody else */
    program->has_capabilities = true;
    program->effective = n[0] & VFS_CAP_FLAGS_EFFECTIVE;
    program->permitted = (n[1] | (one ? 0 : (u64)n[3] << 32)) & ALL_CAPABILITIES;
    program->inheritable = (n[2] | (one ? 0 : (u64)n[4] << 32)) & ALL_CAPABILITIES;
    return 0;
}

bool program_may_matter(const struct ids *ids, const struct program_rights *program) {
    u32 effective = program->mode & SET_USER && !ids->no_new_privs ? program->owner : ids->user.effective;
    return ids->user.real || effective || (ids->securebits & (1u << SECURE_NOROOT));
}

/* The capabilities of root's programs, in place of the file's. */
static void as_root(struct ids *ids, const struct program_rights *program, bool *full) {
    if (ids->securebits & (1u << SECURE_NOROOT)) return;
    if (ids->user.real && ids->user.effective) return;
    if (program->has_capabilities && ids->user.real) return; /* of a set-user-id program the file's own are meant */
    ids->permitted = ids->bounding | ids->inheritable;
    if (!ids->user.effective) *full = true;
}

long ids_exec(struct ids *ids, struct program_rights *program) {
    struct ids old = *ids;
    bool full = program->effective;
    if (!ids->no_new_privs && (program->mode & SET_USER)) ids->user.effective = program->owner;
    if (!ids->no_new_privs && (program->mode & SET_GROUP) == SET_GROUP) ids->group.effective = program->group;
    ids->permitted = (ids->bounding & program->permitted) | (ids->inheritable & program->inheritable);
    if (full && (program->permitted & ~ids->permitted)) return -EPERM; /* it would not know what it lacks */
    as_root(ids, program, &full);
    bool changed = ids->user.effective != old.user.effective || ids->group.effective != old.group.effective;
    program->gains = changed || (ids->permitted & ~old.permitted);
    if (program->gains && (ids->no_new_privs || program->watched)) {
        if (ids->no_new_privs || !ids_capable(&old, CAP_SETUID)) {
            ids->user.effective = ids->user.real;
            ids->group.effective = ids->group.real;
        }
        ids->permitted &= old.permitted;
    }
    ids->user.saved = ids->user.fs = ids->user.effective;
    ids->group.saved = ids->group.fs = ids->group.effective;
    if (program->has_capabilities || changed) ids->ambient = 0;
    ids->permitted |= ids->ambient;
    ids->effective = full ? ids->permitted : ids->ambient;
    ids->securebits &= ~(1u << SECURE_KEEP_CAPS);
    if (changed || ids->user.effective != ids->user.real || ids->group.effective != ids->group.real) return 1;
    return ids->user.real && (full || (ids->permitted & ~ids->ambient));
}
