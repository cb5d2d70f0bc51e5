/* Exec of the engine in place of a guest program. Its argument words:
 *
 *   udocker-engine resume1|resume1p[ ""] STATE PROGRAM NAME PLAN... -- ARGV...
 *
 * "resume1p" has one more, empty, word: the guest's argc takes the place of "--" on the stack, which must be aligned
 * to 16 bytes, so the number of words before the guest's argv[0] is even. */
#include <linux/mman.h>
#include <linux/prctl.h>

#include "../calls/ids.h"
#include "../engine.h"
#include "../sys/raw.h"
#include "../sys/text.h"
#include "../trap/signal.h"
#include "exec.h"
#include "own-file.h"
#include "rights.h"

#define SMALL_VECTOR 512UL /* argument pointers that fit on the slot's stack */
#define HEAD_WORDS 7
#define STATE_TEXT 212 /* STATE_NUMBERS, "secure" and commas */

u32 trace_me_deferred HOT;

/* Number of pointers before the NULL, or -EFAULT. A NULL vector is empty (Linux allows it). */
static long count_pointers(u64 vector) {
    long n = 0;
    if (!vector) return 0;
    for (u64 pointer;; n++) {
        long r = arch_copy(&pointer, (const void *)(vector + (u64)n * 8), 8);
        if (r < 0) return r;
        if (!pointer) return n;
    }
}

static void *big_vector(struct slot *slot, u64 size) {
    if (slot && slot->vector_size >= size) return slot->vector;
    long r = sys(__NR_mmap, 0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (is_error(r)) return NULL;
    if (slot) {
        if (slot->vector_size) sys(__NR_munmap, slot->vector, slot->vector_size);
        slot->vector = (void *)r;
        slot->vector_size = size;
    }
    return (void *)r;
}

/* Who the next program is, at the end of the state: whether it gained rights, and all its ids. 0 or -EPERM, -EINVAL. */
static long put_ids(char *state, size_t n, const struct program *p) {
    struct ids ids = *ids_now();
    long gained = rights_of_program(p->fd, &ids);
    if (gained < 0) return gained;
    n = text_put(state, n, gained ? ",1," : ",0,");
    ids_write(&ids, state + n);
    return 0;
}

static long make_state(char *state, const struct program *p) {
    size_t n = text_put_number(state, 0, (u64)p->fd);
    n = text_put(state, n, ",");
    n = text_put_number(state, n, (u64)(p->interpreter_fd + 1));
    n = text_put(state, n, ",");
    n = text_put_number(state, n, signals_inherited());
    n = text_put(state, n, ",");
    n = text_put_number(state, n, engine.proc_seen);
    n = text_put(state, n, ",");
    n = text_put_number(state, n, arch_known());
    n = text_put(state, n, ",");
    n = text_put_number(state, n, engine.container);
    n = text_put(state, n, ",");
    n = text_put_number(state, n, own_file().device);
    n = text_put(state, n, ",");
    n = text_put_number(state, n, own_file().inode);
    n = text_put(state, n, ",");
    n = text_put_number(state, n, engine.mounts.moves);
    n = text_put(state, n, ",");
    n = text_put_number(state, n, (u64)engine.root_descriptors);
    n = text_put(state, n, trace_me_deferred && trace_me_deferred == (u32)sys(__NR_gettid) ? ",1" : ",0");
    return engine.emulated ? put_ids(state, n, p) : 0;
}

static long fill(const char **vector, const struct program *p, const char *state, u64 argv, long argc) {
    bool odd = (HEAD_WORDS - 1 + engine.word_count) & 1;
    unsigned at = 0;
    vector[at++] = "udocker-engine";
    vector[at++] = odd ? "resume1p" : "resume1";
    if (odd) vector[at++] = "";
    vector[at++] = state;
    vector[at++] = p->guest;
    vector[at++] = p->script;
    for (int i = 0; i < engine.word_count; i++) vector[at++] = engine.words[i];
    vector[at++] = "--";
    for (unsigned i = 0; i < p->prefix_count; i++) vector[at++] = p->prefix[i];
    long skip = p->replaces_first && argc ? 1 : 0;
    long r = arch_copy(vector + at, (const void *)(argv + (u64)skip * 8), (size_t)(argc - skip) * 8);
    if (r < 0) return r;
    at += (unsigned)(argc - skip);
    if (argc == 0 && !p->replaces_first) vector[at++] = ""; /* as Linux does since 5.18 */
    vector[at] = NULL;
    return 0;
}

/* A vfork child leaves this memory to its parent, slot taken: let the kernel free it when the exec succeeds. For all
 * others that does nothing; where the kernel cannot tell what address it has, it is left to vfork children, who have
 * none. True: it is to be put back should the exec fail. */
static bool lend(struct slot *slot, u64 *cleared) {
    if (sys(__NR_prctl, PR_GET_TID_ADDRESS, cleared) < 0) {
        *cleared = 0;
        if (!slots_borrowed()) return false;
    }
    sys(__NR_set_tid_address, &slot->busy);
    slot->vforked++; /* if it is the parent's memory, no copy was made for this child */
    return true;
}

long launch(struct program *p, u64 argv, u64 envp, struct slot *slot) {
    static const char *const nothing[1];
    char state[STATE_TEXT + (engine.emulated ? IDS_TEXT : 0)]; /* no more than is needed: pages of stack cost */
    long argc = count_pointers(argv);
    if (argc < 0) return argc;
    if (p->is_engine && slot) return launch_engine(argv, argc, envp ? envp : (u64)nothing, slot);
    u64 need = (u64)argc + p->prefix_count + (u64)engine.word_count + HEAD_WORDS + 2;
    const char *small[need < SMALL_VECTOR ? need : SMALL_VECTOR], **vector = small;
    if (need > SMALL_VECTOR && !(vector = big_vector(slot, (need * 8 + PAGE_LEAST) & ~(PAGE_LEAST - 1)))) return -ENOMEM;
    long r = make_state(state, p);
    if (r == 0) r = fill(vector, p, state, argv, argc);
    if (r < 0) return r;
    u64 cleared = 0; /* the address of this thread's number, which the kernel clears when the thread is gone */
    bool lent = slot && lend(slot, &cleared);
    /* The new program inherits the signal mask: while a signal is kept that would be the engine's, so the exec is
     * then repeated behind the guest's handler. */
    u64 a[6] = {(u64)own_file_name(), (u64)vector, envp ? envp : (u64)nothing};
    bool held = slot && signals_hold();
    r = slot ? arch_blocking(__NR_execve, a, slot) : sys(__NR_execve, a[0], a[1], a[2]);
    if (held) signals_let_go();
    if (lent) sys(__NR_set_tid_address, cleared), slot->vforked--;
    return r;
}
