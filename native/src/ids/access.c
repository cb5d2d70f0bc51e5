/* What a process may do to another one, by the ids of both. */
#include "../sys/text.h"
#include "ids.h"

bool ids_may_signal(const struct ids *from, const struct ids *to, bool own, bool continues) {
    const u32 senders[] = {from->user.real, from->user.effective};
    if (own || ids_capable(from, CAP_KILL)) return true;
    for (unsigned i = 0; i < 2; i++)
        if (senders[i] == to->user.real || senders[i] == to->user.saved) return true;
    return continues;
}

static bool all_are(const struct id_set *set, u32 id) {
    return set->real == id && set->effective == id && set->saved == id;
}

bool ids_may_look_at_all(const struct ids *from) {
    return ids_capable(from, CAP_KILL) && ids_capable(from, CAP_DAC_OVERRIDE);
}

bool ids_may_look(const struct ids *from, const struct ids *to) {
    if (ids_may_look_at_all(from)) return true;
    return all_are(&to->user, from->user.fs) && all_are(&to->group, from->group.fs) && !(to->permitted & ~from->permitted);
}

bool ids_may_limit(const struct ids *from, const struct ids *to) {
    return ids_may_look_at_all(from) || (all_are(&to->user, from->user.real) && all_are(&to->group, from->group.real));
}

bool ids_may_trace(const struct ids *from, const struct ids *to) {
    return ids_may_look_at_all(from) || (ids_may_limit(from, to) && !(to->permitted & ~from->permitted));
}

bool ids_may_schedule(const struct ids *from, const struct ids *to) {
    u32 self = from->user.effective;
    return ids_may_look_at_all(from) || self == to->user.real || self == to->user.effective;
}

bool ids_may_order(const struct ids *from, const struct ids *to) {
    u32 other = to->user.real;
    return ids_may_look_at_all(from) || other == from->user.effective || other == from->user.real;
}

bool ids_equal(const struct ids *a, const struct ids *b) {
    size_t n = offsetof(struct ids, groups);
    return memcmp(a, b, n) == 0 && memcmp(a->groups, b->groups, 4 * a->group_count) == 0;
}
