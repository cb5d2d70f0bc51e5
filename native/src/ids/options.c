/* The options of prctl that are about ids and capabilities, on the value struct ids; as in the kernel's
 * security/commoncap.c, in the same order of complaints. */
#include <linux/errno.h>
#include <linux/prctl.h>
#include <linux/securebits.h>

#include "ids.h"

#define KEEP (1u << SECURE_KEEP_CAPS)

static long ambient(struct ids *ids, const u64 a[5]) {
    if (a[1] == PR_CAP_AMBIENT_CLEAR_ALL) {
        if (a[2] | a[3] | a[4]) return -EINVAL;
        ids->ambient = 0;
        return 0;
    }
    if (a[2] > CAP_LAST_CAP || a[3] || a[4]) return -EINVAL;
    u64 bit = CAPABILITY(a[2]);
    switch (a[1]) {
    case PR_CAP_AMBIENT_IS_SET: return (ids->ambient & bit) != 0;
    case PR_CAP_AMBIENT_LOWER: ids->ambient &= ~bit; return 0;
    case PR_CAP_AMBIENT_RAISE:
        if (!(ids->permitted & ids->inheritable & bit)) return -EPERM;
        if (ids->securebits & (1u << SECURE_NO_CAP_AMBIENT_RAISE)) return -EPERM;
        ids->ambient |= bit;
        return 0;
    default: return -EINVAL;
    }
}

static long drop_bounding(struct ids *ids, u64 capability) {
    if (!ids_capable(ids, CAP_SETPCAP)) return -EPERM;
    if (capability > CAP_LAST_CAP) return -EINVAL;
    ids->bounding &= ~CAPABILITY(capability);
    return 0;
}

/* A lock holds the bit below it, and itself. */
static long set_securebits(struct ids *ids, u64 bits) {
    u64 locks = ids->securebits & SECURE_ALL_LOCKS;
    if ((locks >> 1) & (ids->securebits ^ bits)) return -EPERM;
    if ((locks & ~bits) || (bits & ~(u64)(SECURE_ALL_LOCKS | SECURE_ALL_BITS))) return -EPERM;
    if (!ids_capable(ids, CAP_SETPCAP)) return -EPERM;
    ids->securebits = (u32)bits;
    return 0;
}

static long keep_capabilities(struct ids *ids, u64 keep) {
    if (keep > 1) return -EINVAL;
    if (ids->securebits & (1u << SECURE_KEEP_CAPS_LOCKED)) return -EPERM;
    ids->securebits = keep ? ids->securebits | KEEP : ids->securebits & ~KEEP;
    return 0;
}

long ids_option(struct ids *ids, const u64 a[5]) {
    switch ((int)a[0]) {
    case PR_CAPBSET_READ: return a[1] > CAP_LAST_CAP ? -EINVAL : (ids->bounding & CAPABILITY(a[1])) != 0;
    case PR_CAPBSET_DROP: return drop_bounding(ids, a[1]);
    case PR_GET_SECUREBITS: return ids->securebits;
    case PR_SET_SECUREBITS: return set_securebits(ids, a[1]);
    case PR_GET_KEEPCAPS: return (ids->securebits & KEEP) != 0;
    case PR_SET_KEEPCAPS: return keep_capabilities(ids, a[1]);
    case PR_GET_NO_NEW_PRIVS: return a[1] | a[2] | a[3] | a[4] ? -EINVAL : (long)ids->no_new_privs;
    case PR_SET_NO_NEW_PRIVS:
        if (a[1] != 1 || a[2] || a[3] || a[4]) return -EINVAL;
        ids->no_new_privs = 1;
        return 0;
    case PR_CAP_AMBIENT: return ambient(ids, a);
    default: return -EINVAL;
    }
}
