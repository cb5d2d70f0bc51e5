/* aarch64: rewriting of call sites.
 *
 * The system call instruction gives way to a branch. Both are of the few instructions that may be exchanged while other
 * threads run them (Arm Architecture Reference Manual, "Concurrent modification and execution of instructions"), so each
 * thread runs the one or the other. Who waits in the call goes on behind it, or repeats it by way of the branch: also a
 * restart_syscall, which is a number like others.
 *
 * Where the branch leads is a *chain*, which asks for the numbers of calls that have trapped at this site. The code around
 * the site does not matter: x8 is compared, not guessed, and once it is known to be such a number it is the one register
 * that is free. What is asked for goes to its *block* (entry.S), and from there to the hook. All other calls are made by a
 * system call instruction in the chain, on the guest's own stack and with its own registers, as they would be at the site:
 * clone, vfork, sigreturn and who waits to be cancelled notice nothing, since signals that come in here are made to find
 * the guest at its own code (rewrite_rewind()), and calls that trap here are taken for the site's (trap_signal()). A further
 * number gets a block of its own and a new chain. Chains and blocks are never changed or given up, so that it does not
 * matter who is in them.
 *
 * The kernel makes data and instruction caches agree where /proc/PID/mem writes to executable memory (copy_to_user_page()
 * of arch/arm64/mm/flush.c, for all CPUs), and puts four aligned bytes in place by one store. What other CPUs have fetched
 * already of where blocks lie now is forgotten by the membarrier, before anything leads there. */
#include "../patch.h"

#include "../../sys/raw.h"
#include "../../sys/text.h"
#include "../../trap/areas.h"
#include "../../trap/rewrite.h"
#include "../../trap/sites.h"

#define SVC 0xd4000001U /* svc #0 */
#define CHAIN_REST 3    /* instructions of a chain behind its questions: x8 as it was, the call, the way back */
#define BRANCH_REACH (1L << 27)
#define TEST_REACH (1L << 20) /* of cbz */
#define CHAIN_MOST (2 * SITE_NUMBERS + CHAIN_REST)
#define PIECES 1024

/* A stretch of code that was written: a chain, or a block. */
static struct piece {
    u64 at;
    u16 site, size;
    u8 numbers; /* that a chain asks for */
    u8 block;   /* whose of the site's numbers it is, when `numbers` is 0 */
} pieces[PIECES];

static unsigned piece_count;

static inline unsigned word_of(const u32 *label) {
    return (unsigned)(label - block_begin);
}

static u32 branch(u64 from, u64 to) {
    return 0x14000000 | ((u32)((i64)(to - from) >> 2) & 0x3ffffff);
}

static u32 branch_if_zero(u64 from, u64 to) { /* cbz x8 */
    return 0xb4000008 | ((u32)((i64)(to - from) >> 2) & 0x7ffff) << 5;
}

static u32 add(int amount) { /* to x8 */
    return amount < 0 ? 0xd1000108 | (u32)-amount << 10 : 0x91000108 | (u32)amount << 10;
}

static bool near(u64 from, u64 to, i64 reach) {
    i64 distance = (i64)(to - from);
    return distance >= -reach && distance < reach;
}

bool patch_may_help(const struct call_row *row) {
    return can_swap && can_be_hooked(row) && row->number < 4096;
}

long patch_number(const struct site *site, long number) {
    return (void)site, number;
}

/* What x8 was, if in this chain it is met before instruction `word`: the questions take from it. */
static u64 taken_off(const struct site *site, const struct piece *piece, unsigned word) {
    if (word == 0 || word > 2U * piece->numbers) return 0;
    return site->numbers[(word - 1) / 2];
}

static void rewind_chain(struct sigcontext *m, const struct site *site, const struct piece *piece, unsigned word) {
    m->regs[8] += taken_off(site, piece, word);
    m->pc = site->address + (word == 2U * piece->numbers + 2 ? ARCH_CALL_SIZE : 0);
}

static void rewind_block(struct sigcontext *m, const struct site *site, const struct piece *piece, unsigned word) {
    struct slot *slot = hook_slot(m->sp);
    bool out = word >= word_of(block_exit), held = word >= word_of(block_taken) && word < word_of(block_refuse);
    if (word == word_of(block_tried)) held = m->regs[8] == 0;
    if (out) held = word < word_of(block_released);
    if (!out && word >= word_of(block_saved) && word < word_of(block_refuse))
        m->regs[0] = slot->regs.x[0], m->regs[1] = slot->regs.x[1];
    if (held) slot_release(slot);
    m->regs[8] = site->numbers[piece->block];
    m->pc = site->address + (out ? ARCH_CALL_SIZE : 0);
}

bool rewrite_rewind(struct ucontext *uc) {
    struct sigcontext *m = &uc->uc_mcontext;
    if (!in_area(m->pc)) return false;
    unsigned count = __atomic_load_n(&piece_count, __ATOMIC_ACQUIRE);
    for (unsigned i = 0; i < count; i++) {
        const struct piece *piece = &pieces[i];
        u64 offset = m->pc - piece->at;
        if (offset >= piece->size) continue;
        (piece->numbers ? rewind_chain : rewind_block)(m, &sites[piece->site], piece, (unsigned)offset / 4);
        return true;
    }
    return false;
}

/* The block of `number` that is to run at `at`; calls that it refuses are made at `call`. */
static void make_block(u32 *to, u64 at, u64 site, u16 number, u64 call) {
    struct hooked_call about = {.hook = arch_hook(), .resume = site + ARCH_CALL_SIZE, .number = number};
    unsigned refuse = word_of(block_refuse), released = word_of(block_released);
    memcpy(to, block_begin, word_of(block_end) * 4);
    to[refuse] |= (u32)number << 5;
    to[refuse + 1] = branch(at + 4 * (refuse + 1), call);
    to[released] |= (u32)number << 5;
    to[released + 1] = branch(at + 4 * (released + 1), site + ARCH_CALL_SIZE);
    about.exit = at + 4 * word_of(block_exit);
    memcpy(to + word_of(block_data), &about, sizeof(about));
}

/* The chain of the first `count` numbers of the site, to run at `at`. False where it does not reach its blocks. */
static bool make_chain(u32 *to, u64 at, const struct site *site, unsigned count) {
    int before = 0;
    for (unsigned i = 0; i < count; i++) {
        u64 block = site->address + (u64)(i64)site->blocks[i];
        *to = add(before - site->numbers[i]);
        to[1] = branch_if_zero(at + 4, block);
        if (!near(at + 4, block, TEST_REACH)) return false;
        before = site->numbers[i];
        to += 2, at += 8;
    }
    to[0] = add(before);
    to[1] = SVC;
    to[2] = branch(at + 8, site->address + ARCH_CALL_SIZE);
    return true;
}

static void note_piece(u64 at, const struct site *site, unsigned size, unsigned numbers, unsigned block) {
    pieces[piece_count] = (struct piece){at, (u16)(site - sites), (u16)size, (u8)numbers, (u8)block};
    __atomic_store_n(&piece_count, piece_count + 1, __ATOMIC_RELEASE);
}

/* A block for one more number, and a chain that knows it. */
static bool add_number(struct site *site, u16 number) {
    u32 code[(256 + 4 * CHAIN_MOST) / 4];
    unsigned block_size = word_of(block_end) * 4, numbers = site->count + 1U, chain_size = 4 * (2 * numbers + CHAIN_REST);
    if (site->count == SITE_NUMBERS || piece_count + 2 > PIECES || block_size > 256) return false;
    struct area *area = area_for(site->address, block_size + chain_size);
    if (!area) return false;
    u64 at = area->at + area->used, chain = at + block_size;
    site->numbers[site->count] = number;
    site->blocks[site->count] = (int32_t)(at - site->address);
    make_block(code, at, site->address, number, chain + 4 * (2 * numbers + 1));
    if (!make_chain(code + block_size / 4, chain, site, numbers)) return false;
    if (!code_write(at, code, block_size + chain_size)) return false;
    area->used += (block_size + chain_size + 7) & ~7U;
    note_piece(at, site, block_size, 0, site->count);
    note_piece(chain, site, chain_size, numbers, 0);
    site->chain = chain;
    site->count = (u8)numbers;
    return true;
}

static bool is_known(const struct site *site, u16 number) {
    for (unsigned i = 0; i < site->count; i++)
        if (site->numbers[i] == number) return true;
    return false;
}

static u32 code_at(u64 address) {
    u32 code = 0;
    return arch_copy(&code, (const void *)address, sizeof(code)) < 0 ? 0 : code;
}

bool patch_write(struct site *site, const struct call_row *row) {
    u32 code = code_at(site->address);
    if (site->address % 4 || (code != SVC && !(site->chain && code == branch(site->address, site->chain)))) return false;
    if (!is_known(site, row->number) && !add_number(site, row->number)) return false;
    if (!code_is_ours_alone() && code_barrier() < 0) return false; /* a kernel without it */
    code = branch(site->address, site->chain);
    return near(site->address, site->chain, BRANCH_REACH) && code_write(site->address, &code, sizeof(code));
}

/* Calls that the hook refuses come here, those for which it has no block yet, and those of other code in this place. */
bool patch_is_there(const struct site *site, const struct call_row *row) {
    u32 code = code_at(site->address);
    if (code == SVC) return false;
    return code != branch(site->address, site->chain) || site->count == SITE_NUMBERS || is_known(site, row->number);
}
