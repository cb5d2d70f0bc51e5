/* The rules of credentials(7) and capabilities(7) on the value struct ids. */
#include "ids.h"

#include <linux/errno.h>
#include <linux/securebits.h>

#include "../sys/text.h"

/* Capabilities about files: they come and go with the file system id. */
#define FILE_CAPABILITIES                                                                                       \
    (CAPABILITY(CAP_CHOWN) | CAPABILITY(CAP_DAC_OVERRIDE) | CAPABILITY(CAP_DAC_READ_SEARCH) |                     \
     CAPABILITY(CAP_FOWNER) | CAPABILITY(CAP_FSETID) | CAPABILITY(CAP_LINUX_IMMUTABLE) | CAPABILITY(CAP_MKNOD) |  \
     CAPABILITY(CAP_MAC_OVERRIDE))

void ids_set_groups(struct ids *ids, const u32 *groups, u32 count) {
    ids->group_count = count;
    for (u32 i = 0; i < count; i++) {
        u32 at = i;
        for (; at && ids->groups[at - 1] > groups[i]; at--) ids->groups[at] = ids->groups[at - 1];
        ids->groups[at] = groups[i];
    }
}

static bool parse_groups(struct ids *ids, const char *text) {
    u32 groups[MAX_GROUPS], count = 0;
    while (*text) {
        u64 group;
        if (count == MAX_GROUPS || !text_number(text, &group, &text) || group >= NO_ID) return false;
        groups[count++] = (u32)group;
        if (*text == ',' && text[1]) text++;
        else if (*text) return false;
    }
    ids_set_groups(ids, groups, count);
    return true;
}

bool ids_begin(struct ids *ids, u32 user, u32 group, const char *groups) {
    memset(ids, 0, sizeof(*ids));
    ids->user = (struct id_set){user, user, user, user};
    ids->group = (struct id_set){group, group, group, group};
    ids->bounding = ROOT_CAPABILITIES;
    if (user == 0) ids->permitted = ids->effective = ROOT_CAPABILITIES;
    return parse_groups(ids, groups);
}

bool ids_in_group(const struct ids *ids, u32 group) {
    if (group == ids->group.fs) return true;
    for (u32 i = 0; i < ids->group_count; i++)
        if (ids->groups[i] == group) return true;
    return false;
}

/* Is the id one of the first three the process has? */
static bool is_own(const struct id_set *set, u32 id) {
    return id == set->real || id == set->effective || id == set->saved;
}

static bool any_root(const struct id_set *set) {
    return !set->real || !set->effective || !set->saved;
}

/* Giving up or taking up root's id changes capabilities. */
static void user_changed(struct ids *ids, const struct id_set *old) {
    if (ids->securebits & (1u << SECURE_NO_SETUID_FIXUP)) return;
    if (any_root(old) && !any_root(&ids->user)) {
        if (!(ids->securebits & (1u << SECURE_KEEP_CAPS))) ids->permitted = ids->effective = 0;
        ids->ambient = 0;
    }
    if (!old->effective && ids->user.effective) ids->effective = 0;
    if (old->effective && !ids->user.effective) ids->effective = ids->permitted;
}

/* setuid and setgid. */
static long set_one(struct id_set *set, u32 id, bool capable) {
    if (id == NO_ID) return -EINVAL;
    if (capable) set->real = set->saved = id;
    else if (id != set->real && id != set->saved) return -EPERM;
    set->effective = set->fs = id;
    return 0;
}

static long set_two(struct id_set *set, u32 real, u32 effective, bool capable) {
    struct id_set old = *set;
    if (real != NO_ID && !capable && real != old.real && real != old.effective) return -EPERM;
    if (effective != NO_ID && !capable && !is_own(&old, effective)) return -EPERM;
    if (real != NO_ID) set->real = real;
    if (effective != NO_ID) set->effective = effective;
    if (real != NO_ID || (effective != NO_ID && effective != old.real)) set->saved = set->effective;
    set->fs = set->effective;
    return 0;
}

static long set_three(struct id_set *set, u32 real, u32 effective, u32 saved, bool capable) {
    const u32 wanted[] = {real, effective, saved};
    for (unsigned i = 0; i < 3; i++)
        if (wanted[i] != NO_ID && !capable && !is_own(set, wanted[i])) return -EPERM;
    if (real != NO_ID) set->real = real;
    if (effective != NO_ID) set->effective = effective;
    if (saved != NO_ID) set->saved = saved;
    set->fs = set->effective;
    return 0;
}

static long with_capabilities(struct ids *ids, const struct id_set *old, long r) {
    if (r == 0) user_changed(ids, old);
    return r;
}

long ids_setuid(struct ids *ids, u32 id) {
    struct id_set old = ids->user;
    return with_capabilities(ids, &old, set_one(&ids->user, id, ids_capable(ids, CAP_SETUID)));
}

long ids_setreuid(struct ids *ids, u32 real, u32 effective) {
    struct id_set old = ids->user;
    return with_capabilities(ids, &old, set_two(&ids->user, real, effective, ids_capable(ids, CAP_SETUID)));
}

long ids_setresuid(struct ids *ids, u32 real, u32 effective, u32 saved) {
    struct id_set old = ids->user;
    return with_capabilities(ids, &old, set_three(&ids->user, real, effective, saved, ids_capable(ids, CAP_SETUID)));
}

long ids_setgid(struct ids *ids, u32 id) { return set_one(&ids->group, id, ids_capable(ids, CAP_SETGID)); }

long ids_setregid(struct ids *ids, u32 real, u32 effective) {
    return set_two(&ids->group, real, effective, ids_capable(ids, CAP_SETGID));
}

long ids_setresgid(struct ids *ids, u32 real, u32 effective, u32 saved) {
    return set_three(&ids->group, real, effective, saved, ids_capable(ids, CAP_SETGID));
}

static bool may_set_fs(const struct id_set *set, u32 id, bool capable) {
    return id != NO_ID && (is_own(set, id) || id == set->fs || capable);
}

u32 ids_setfsuid(struct ids *ids, u32 id) {
    u32 old = ids->user.fs;
    if (!may_set_fs(&ids->user, id, ids_capable(ids, CAP_SETUID))) return old;
    ids->user.fs = id;
    if (!(ids->securebits & (1u << SECURE_NO_SETUID_FIXUP))) {
        if (!old && id) ids->effective &= ~FILE_CAPABILITIES;
        if (old && !id) ids->effective |= ids->permitted & FILE_CAPABILITIES;
    }
    return old;
}

u32 ids_setfsgid(struct ids *ids, u32 id) {
    u32 old = ids->group.fs;
    if (may_set_fs(&ids->group, id, ids_capable(ids, CAP_SETGID))) ids->group.fs = id;
    return old;
}

long ids_capset(struct ids *ids, u64 permitted, u64 effective, u64 inheritable) {
    if (!ids_capable(ids, CAP_SETPCAP) && (inheritable & ~(ids->inheritable | ids->permitted))) return -EPERM;
    if (inheritable & ~(ids->inheritable | ids->bounding)) return -EPERM;
    if (permitted & ~ids->permitted) return -EPERM;
    if (effective & ~permitted) return -EPERM;
    ids->permitted = permitted;
    ids->effective = effective;
    ids->inheritable = inheritable;
    ids->ambient &= permitted & inheritable;
    return 0;
}

/* Every number of struct ids before the groups, in order. */
static unsigned numbers(const struct ids *ids, u64 *n) {
    unsigned i = 0;
    const struct id_set *sets[] = {&ids->user, &ids->group};
    for (unsigned s = 0; s < 2; s++) {
        n[i++] = sets[s]->real, n[i++] = sets[s]->effective;
        n[i++] = sets[s]->saved, n[i++] = sets[s]->fs;
    }
    n[i++] = ids->permitted, n[i++] = ids->effective, n[i++] = ids->inheritable;
    n[i++] = ids->ambient, n[i++] = ids->bounding;
    n[i++] = ids->securebits, n[i++] = ids->no_new_privs, n[i++] = ids->group_count;
    return i;
}

size_t ids_write(const struct ids *ids, char *text) {
    u64 n[20];
    size_t at = 0;
    unsigned count = numbers(ids, n);
    for (unsigned i = 0; i < count + ids->group_count; i++) {
        if (i) text[at++] = ',';
        at = text_put_number(text, at, i < count ? n[i] : ids->groups[i - count]);
    }
    return at;
}

bool ids_read(struct ids *ids, const char **text) {
    u64 n[16];
    for (unsigned i = 0; i < 16; i++) {
        if (i && *(*text)++ != ',') return false;
        if (!text_number(*text, &n[i], text)) return false;
    }
    if (n[15] > MAX_GROUPS) return false;
    *ids = (struct ids){
        .user = {(u32)n[0], (u32)n[1], (u32)n[2], (u32)n[3]},
        .group = {(u32)n[4], (u32)n[5], (u32)n[6], (u32)n[7]},
        .permitted = n[8], .effective = n[9], .inheritable = n[10], .ambient = n[11], .bounding = n[12],
        .securebits = (u32)n[13], .no_new_privs = (u32)n[14], .group_count = (u32)n[15],
    };
    for (u32 i = 0; i < ids->group_count; i++) {
        u64 group;
        if (*(*text)++ != ',' || !text_number(*text, &group, text)) return false;
        ids->groups[i] = (u32)group;
    }
    return true;
}
