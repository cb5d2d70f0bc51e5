/* The user, group and capability calls of an emulated process. */
#include "ids.h"

#include "../engine.h"
#include "../sys/raw.h"
#include "../sys/text.h"
#include "handlers.h"

bool ids_start(u32 host_uid, u32 host_gid) {
    const struct plan *plan = &engine.plan;
    engine.host_uid = host_uid, engine.host_gid = host_gid;
    u32 uid = plan->ids_given ? plan->uid : plan->emulate_root ? 0 : host_uid;
    u32 gid = plan->ids_given ? plan->gid : plan->emulate_root ? 0 : host_gid;
    engine.remembers = plan->emulate_root;
    engine.emulated = plan->emulate_root || uid != host_uid || gid != host_gid;
    engine.base_uid = plan->emulate_root ? 0 : uid;
    engine.base_gid = plan->emulate_root ? 0 : gid;
    return !engine.emulated || ids_begin(&process_ids, uid, gid, plan->groups);
}

void ids_show_peer(struct peer *peer) {
    if (!engine.emulated || peer->uid != engine.host_uid) return;
    struct ids ids;
    ids_of_process(peer->pid, &ids, NULL);
    peer->uid = ids.user.effective;
    peer->gid = ids.group.effective;
}

long ids_send_as(struct peer *peer) {
    if (!engine.emulated) return 0;
    const struct ids *ids = ids_now();
    const struct id_set *user = &ids->user, *group = &ids->group;
    bool own_user = peer->uid == user->real || peer->uid == user->effective || peer->uid == user->saved;
    bool own_group = peer->gid == group->real || peer->gid == group->effective || peer->gid == group->saved;
    if (!own_user && !ids_capable(ids, CAP_SETUID)) return -EPERM;
    if (!own_group && !ids_capable(ids, CAP_SETGID)) return -EPERM;
    peer->uid = engine.host_uid;
    peer->gid = engine.host_gid;
    return 0;
}

long call_get_id(struct call *call) {
    const struct ids *ids = ids_now();
    switch (call->number) {
    case __NR_getuid: return ids->user.real;
    case __NR_geteuid: return ids->user.effective;
    case __NR_getgid: return ids->group.real;
    default: return ids->group.effective;
    }
}

long call_get_three(struct call *call) {
    const struct ids *ids = ids_now();
    const struct id_set *set = call->number == __NR_getresuid ? &ids->user : &ids->group;
    long r = arch_copy((void *)call->a[0], &set->real, 4);
    if (r == 0) r = arch_copy((void *)call->a[1], &set->effective, 4);
    return r < 0 ? r : arch_copy((void *)call->a[2], &set->saved, 4);
}

static bool sets_fs(long number) {
    return number == __NR_setfsuid || number == __NR_setfsgid; /* they have no errors */
}

long call_set_id(struct call *call) {
    struct ids next = *ids_now();
    u32 a = (u32)call->a[0], b = (u32)call->a[1], c = (u32)call->a[2];
    long r;
    switch (call->number) {
    case __NR_setuid: r = ids_setuid(&next, a); break;
    case __NR_setgid: r = ids_setgid(&next, a); break;
    case __NR_setreuid: r = ids_setreuid(&next, a, b); break;
    case __NR_setregid: r = ids_setregid(&next, a, b); break;
    case __NR_setresuid: r = ids_setresuid(&next, a, b, c); break;
    case __NR_setresgid: r = ids_setresgid(&next, a, b, c); break;
    case __NR_setfsuid: r = ids_setfsuid(&next, a); break;
    default: r = ids_setfsgid(&next, a); break;
    }
    long changed = is_error(r) ? 0 : ids_become(&next);
    return changed < 0 && !sets_fs(call->number) ? changed : r;
}

long call_getgroups(struct call *call) {
    const struct ids *ids = ids_now();
    int room = (int)call->a[0];
    if (room < 0) return -EINVAL;
    if (room == 0) return ids->group_count;
    if ((u32)room < ids->group_count) return -EINVAL;
    long r = arch_copy((void *)call->a[1], ids->groups, 4 * ids->group_count);
    return r < 0 ? r : (long)ids->group_count;
}

long call_setgroups(struct call *call) {
    u32 groups[MAX_GROUPS], count = (u32)call->a[0];
    struct ids next = *ids_now();
    if (!ids_capable(&next, CAP_SETGID)) return -EPERM;
    if (count > MAX_GROUPS) return -EINVAL;
    long r = arch_copy(groups, (const void *)call->a[1], 4 * count);
    if (r < 0) return r;
    ids_set_groups(&next, groups, count);
    return ids_become(&next);
}

/* How many 32-bit parts a version of the capability calls has; 0: unknown, and the one preferred is written back. */
static long capability_parts(u64 header_at, struct __user_cap_header_struct *header) {
    long r = arch_copy(header, (const void *)header_at, sizeof(*header));
    if (r < 0) return r;
    if (header->version == _LINUX_CAPABILITY_VERSION_1) return 1;
    if (header->version == _LINUX_CAPABILITY_VERSION_2 || header->version == _LINUX_CAPABILITY_VERSION_3) return 2;
    u32 best = _LINUX_CAPABILITY_VERSION_3;
    r = arch_copy((void *)header_at, &best, sizeof(best));
    return r < 0 ? r : 0;
}

static bool is_self(int pid) {
    return pid == 0 || pid == sys(__NR_getpid) || pid == sys(__NR_gettid);
}

long call_capget(struct call *call) {
    struct __user_cap_header_struct header;
    struct __user_cap_data_struct data[2];
    struct ids other;
    const struct ids *ids = ids_now();
    long parts = capability_parts(call->a[0], &header);
    if (parts < 0) return parts;
    if (parts == 0) return call->a[1] ? -EINVAL : 0;
    if (!is_self(header.pid)) {
        if (header.pid < 0) return -EINVAL;
        if (sys(__NR_kill, header.pid, 0) == -ESRCH) return -ESRCH;
        ids_of_process((u32)header.pid, &other, NULL);
        ids = &other;
    }
    for (unsigned i = 0; i < 2; i++)
        data[i] = (struct __user_cap_data_struct){(u32)(ids->effective >> 32 * i), (u32)(ids->permitted >> 32 * i),
                                                  (u32)(ids->inheritable >> 32 * i)};
    return call->a[1] ? arch_copy((void *)call->a[1], data, (size_t)parts * sizeof(*data)) : 0;
}

long call_capset(struct call *call) {
    struct __user_cap_header_struct header;
    struct __user_cap_data_struct data[2];
    long parts = capability_parts(call->a[0], &header);
    if (parts <= 0) return parts < 0 ? parts : -EINVAL;
    if (!is_self(header.pid)) return -EPERM;
    memset(data, 0, sizeof(data));
    long r = arch_copy(data, (const void *)call->a[1], (size_t)parts * sizeof(*data));
    if (r < 0) return r;
    struct ids next = *ids_now();
    r = ids_capset(&next, data[0].permitted | (u64)data[1].permitted << 32,
                      data[0].effective | (u64)data[1].effective << 32,
                      data[0].inheritable | (u64)data[1].inheritable << 32);
    return r < 0 ? r : ids_become(&next);
}

/* prctl options about ids; trap/filter.c has the same list. */
long ids_prctl(const u64 a[6]) {
    struct ids next = *ids_now();
    long r = ids_option(&next, a), changed = is_error(r) ? 0 : ids_become(&next);
    return changed < 0 ? changed : r;
}

/* SO_PEERCRED and SO_PEERGROUPS. */
long call_getsockopt(struct call *call) {
    struct peer peer;
    u32 size;
    if ((int)call->a[2] != SO_PEERCRED) return -ENOPROTOOPT;
    long r = call_run(call);
    if (r < 0 || arch_copy(&size, (const void *)call->a[4], 4) < 0 || size < sizeof(peer)) return r;
    if (arch_copy(&peer, (const void *)call->a[3], sizeof(peer)) < 0) return r;
    ids_show_peer(&peer);
    return arch_copy((void *)call->a[3], &peer, sizeof(peer));
}
