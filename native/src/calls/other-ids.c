/* The ids of other processes of the container: read from their memory, since every engine keeps them at one address. */
#include <linux/uio.h>

#include "../engine.h"
#include "../exec/exec.h"
#include "../sys/process.h"
#include "../sys/raw.h"
#include "../sys/text.h"
#include "ids.h"

#define WORDS_SIZE (3 * PAGE_LEAST)

static bool read_there(u32 pid, const void *from, void *to, size_t size) {
    struct iovec mine = {to, size}, other = {(void *)from, size};
    return sys(__NR_process_vm_readv, pid, &mine, 1, &other, 1, 0) == (long)size;
}

/* Both at once, so that no exec comes between. */
static bool read_head(u32 pid, struct own_ids *own, struct ids *ids) {
    struct iovec mine[] = {{own, sizeof(*own)}, {ids, sizeof(*ids)}};
    struct iovec other[] = {{&own_ids, sizeof(*own)}, {&process_ids, sizeof(*ids)}};
    return sys(__NR_process_vm_readv, pid, mine, 2, other, 2, 0) == (long)(sizeof(*own) + sizeof(*ids));
}

/* Does it run an engine? 0: it has ended, or is no process of ours; -1: another program. */
static int runs_engine(u32 pid) {
    char ours[PATH_SIZE], theirs[PATH_SIZE], link[48];
    text_put(link, text_put_number(link, text_put(link, 0, "/proc/"), pid), "/exe");
    long a = sys(__NR_readlinkat, AT_FDCWD, "/proc/self/exe", ours, sizeof(ours));
    long b = sys(__NR_readlinkat, AT_FDCWD, link, theirs, sizeof(theirs));
    if (b < 0) return 0;
    return a == b && memcmp(ours, theirs, (size_t)a) == 0 ? 1 : -1;
}

/* Of an engine that is just being started for a program: from its words, see exec/launch.c. */
static bool read_words(u32 pid, struct ids *ids) {
    static const unsigned before = STATE_NUMBERS + 1; /* and whether it gained rights */
    char words[WORDS_SIZE];
    long n = process_file(pid, "/cmdline", words, sizeof(words) - 1);
    if (n <= 0) return false;
    words[n] = 0;
    const char *p = words + strlen(words) + 1, *end = words + n;
    if (p >= end || !text_starts(p, "resume1")) return false;
    p += strlen(p) + (text_equal(p, "resume1p") ? 2 : 1);
    for (unsigned commas = 0; p < end && *p && commas < before; p++) commas += *p == ',';
    return p < end && ids_read(ids, &p) && !*p;
}

static bool find_lent(u32 pid, struct ids *ids) {
    struct lent_ids lent[LENT_IDS];
    if (!read_there(pid, lent_ids, lent, sizeof(lent))) return false;
    for (unsigned i = 0; i < LENT_IDS; i++) {
        if (lent[i].pid != pid) continue;
        *ids = lent[i].ids;
        return true;
    }
    return false;
}

/* Of a process whose threads or vfork children may differ. */
static bool read_apart(u32 pid, const struct own_ids *own, struct ids *ids) {
    if (own->lent && find_lent(pid, ids)) return true;
    u32 number = own->common ? 0 : ids_number_carried(pid, 0);
    if (!number || number > own->used || number > MOST_SETS) return true;
    const struct ids *sets;
    return read_there(pid, &ids_sets, &sets, sizeof(sets)) && read_there(pid, sets + number - 1, ids, sizeof(*ids));
}

static bool has_ended(u32 pid) {
    char text[512];
    long n = process_file(pid, "/stat", text, sizeof(text) - 1);
    if (n <= 0) return true;
    while (n && text[n - 1] != ')') n--;
    return text[n] && (text[n + 1] == 'Z' || text[n + 1] == 'X');
}

static enum whose read_ids(u32 pid, struct ids *ids, struct own_ids *own) {
    int engines = runs_engine(pid);
    if (engines <= 0) return engines < 0 ? IDS_OF_START : has_ended(pid) ? IDS_GONE : IDS_UNKNOWN;
    if (!read_head(pid, own, ids)) return has_ended(pid) ? IDS_GONE : IDS_UNKNOWN;
    if (!own->ready) return read_words(pid, ids) ? IDS_READ : IDS_UNKNOWN;
    if (own->apart && !read_apart(pid, own, ids)) return IDS_UNKNOWN;
    return ids->group_count <= MAX_GROUPS ? IDS_READ : IDS_UNKNOWN;
}

enum whose ids_of_process(u32 pid, struct ids *ids, struct own_ids *own) {
    struct own_ids none;
    if (!own) own = &none;
    memset(own, 0, sizeof(*own));
    enum whose whose = read_ids(pid, ids, own);
    if (whose != IDS_READ) ids_begin(ids, engine.base_uid, engine.base_gid, "");
    return whose;
}

bool ids_seen_at_once(u32 pid, struct ids *ids, struct own_ids *own) {
    return read_head(pid, own, ids) && own->ready == 1 && !own->apart && ids->group_count <= MAX_GROUPS;
}

bool same_container(u32 pid) {
    const char *ours = engine.plan.state, *there = NULL;
    char theirs[PATH_SIZE];
    size_t n = ours ? strlen(ours) + 1 : 0;
    return n && n <= sizeof(theirs) && read_there(pid, &engine.plan.state, &there, sizeof(there)) && there &&
           read_there(pid, there, theirs, n) && memcmp(ours, theirs, n) == 0;
}
