/* Rewriting of call sites.
 *
 * Where possible an instruction in front of the system call gives way to a jump; the system call instruction stays, so
 * that a thread that waits in it, a restarted call, or a jump into the middle, find it and at worst trap. Else, where
 * bytes happen to fit, one byte is changed to make a jump of what is there, and the trampoline is put where that leads
 * (SHAPE_MOVE, SHAPE_TAIL); with SHAPE_TAIL the system call instruction goes, and who waits in it returns behind it. Code is written
 * through /proc/thread-self/mem, which breaks copy-on-write whatever the mapping's protection: nothing is ever writable
 * and executable at once, no mapping is split, and a forked child has its own copies of sites and trampolines.
 *
 * With other threads about, the jump must not be seen half-written. `mov $number,%eax` is rewritten from behind: first
 * the last byte of its number, which makes it one that the filter traps whatever the others are (rewrite_number() puts
 * it right), then the rest of the number, then, once every CPU has seen that (membarrier), the opcode. */
#include "rewrite.h"

#include "../engine.h"
#include "../state/directories.h"
#include "../sys/raw.h"
#include "../sys/text.h"
#include "signal.h"

u32 traps_uncounted HOT;

#if ARCH_REWRITES
#include <asm/stat.h>
#include <linux/membarrier.h>
#include <linux/mman.h>
#include <linux/signal.h>

#include "../arch/x86_64/shape.h"
#include "../arch/x86_64/trampoline.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

#define SITES 512
#define TRAPS_FIRST 4 /* traps at a site before it is rewritten */
#define AREAS 32
#define AREA_HEAD 16 /* the pointer to the hook */
#define REACH (1L << 30)

enum { COUNTING, WRITING, WRITTEN, LEFT };

static struct site {
    u64 address;    /* of the system call instruction */
    u64 trampoline;
    u32 number;     /* of SHAPE_NUMBER */
    u8 state, traps;
    u8 copied;      /* bytes from the jump to the system call instruction */
    u8 length;      /* of the trampoline */
} sites[SITES];

static struct area {
    u64 at;
    u32 used;
} areas[AREAS];

static unsigned area_count HOT;
static volatile u32 writer HOT;      /* process id of who rewrites, 0: nobody */
static bool given_up HOT;            /* code cannot be written here */
static u8 hooked_numbers[65536]; /* calls that generic sites bring to the hook */

static struct site *site_of(u64 address, bool add) {
    unsigned at = (unsigned)((address * 0x9e3779b97f4a7c15UL) >> 40);
    for (unsigned i = 0; i < 16; i++) {
        struct site *site = &sites[(at + i) % SITES];
        u64 known = 0; /* written at once where that may be: a page that is read first costs two faults */
        if (!add)
            known = __atomic_load_n(&site->address, __ATOMIC_ACQUIRE);
        else if (__atomic_compare_exchange_n(&site->address, &known, address, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
            return site;
        if (known == address) return site;
        if (!known) return NULL;
    }
    return NULL;
}

static bool can_be_hooked(const struct call_row *row) {
    return row->when == ALWAYS || row->when == EMULATED || row->when == ARGUMENT_SET;
}

long rewrite_number_of(u64 address, long number) {
    const struct site *site = site_of(address, false);
    return site && site->state != COUNTING && site->number ? (long)site->number : number;
}

static bool in_area(u64 address) {
    for (unsigned i = 0; i < area_count; i++)
        if (address - areas[i].at < PAGE_SIZE) return true;
    return false;
}

bool rewrite_rewind(u64 *pc) {
    if (!in_area(*pc)) return false;
    for (unsigned k = 0; k < SITES; k++) {
        const struct site *site = &sites[k];
        u64 offset = *pc - site->trampoline;
        if (!site->trampoline || offset >= site->length) continue;
        if (!site->copied) /* SHAPE_TAIL */
            *pc = site->address + (offset == (u64)site->length - TAIL_END ? ARCH_CALL_SIZE : 0);
        else
            *pc = site->address - (offset < site->copied ? site->copied - offset : 0);
        return true;
    }
    return false;
}

static bool write_code(u64 at, const void *bytes, size_t n) {
    long fd = sys(__NR_openat, AT_FDCWD, "/proc/thread-self/mem", O_WRONLY | O_CLOEXEC, 0);
    if (fd < 0) return false;
    long r = sys(__NR_pwrite64, fd, bytes, n, at);
    sys(__NR_close, fd);
    return r == (long)n;
}

/* Does it run alone in its memory? A vfork child does not: its parent's other threads go on. */
static bool single_threaded(void) {
    struct stat st;
    return !slots_borrowed() && sys(__NR_newfstatat, AT_FDCWD, "/proc/self/task", &st, 0) == 0 && st.st_nlink == 3;
}

/* Not close behind the site: the last byte of the jump must not be 0, see above. */
static bool in_reach(u64 area, u64 site) {
    i64 distance = (i64)(area - site);
    return distance > -REACH && distance < REACH && (distance < -(i64)PAGE_SIZE || distance > 1L << 25);
}

static u64 map_page(u64 hint, u64 site) {
    u64 fixed = hint ? MAP_FIXED_NOREPLACE : 0;
    long r = sys(__NR_mmap, hint, PAGE_SIZE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | fixed, -1, 0);
    if (is_error(r)) return 0;
    if (in_reach((u64)r, site)) return (u64)r;
    sys(__NR_munmap, r, PAGE_SIZE);
    return 0;
}

/* A page for trampolines: where the kernel puts mappings, or below the program, away from its heap. */
static u64 map_near(u64 site) {
    u64 at = map_page(0, site);
    for (u64 distance = 1UL << 20; !at && distance < (u64)REACH; distance *= 2)
        if (site > distance + 0x10000) at = map_page((site - distance) & ~(PAGE_SIZE - 1), site);
    for (u64 distance = REACH - (1UL << 20); !at && distance > 1UL << 27; distance /= 2)
        at = map_page((site + distance) & ~(PAGE_SIZE - 1), site);
    return at;
}

static bool begin_area(struct area *area, u64 at, u64 hook_at, u32 used) {
    u64 hook = arch_hook();
    if (!area_count) directories_open(); /* it lives long enough to be rewritten: its forked children need not open it */
    area->at = at;
    area->used = used;
    if (!write_code(hook_at, &hook, sizeof(hook))) return false;
    if (!area_count) __atomic_add_fetch(&signals_look, 1, __ATOMIC_SEQ_CST); /* signals may meet trampolines now */
    __atomic_store_n(&area_count, area_count + 1, __ATOMIC_RELEASE);
    return true;
}

static struct area *area_for(u64 site) {
    for (unsigned i = 0; i < area_count; i++)
        if (in_reach(areas[i].at, site) && areas[i].used + TRAMPOLINE_MOST <= PAGE_SIZE) return &areas[i];
    if (area_count == AREAS) return NULL;
    struct area *area = &areas[area_count];
    u64 at = map_near(site);
    if (!at) return NULL;
    if (begin_area(area, at, at, AREA_HEAD)) return area;
    sys(__NR_munmap, at, PAGE_SIZE);
    return NULL;
}

/* A page for a trampoline whose place is given. */
static bool rewrite_in_place(struct site *site, const struct shape *shape, const u8 *bytes) {
    u8 trampoline[TRAMPOLINE_MOST];
    u64 at = trampoline_place(shape, bytes, site->address), page = at & ~(PAGE_SIZE - 1), hook = page;
    if (area_count == AREAS || at - page > PAGE_SIZE - TRAMPOLINE_MOST) return false;
    if (at - page < AREA_HEAD) hook = page + PAGE_SIZE - AREA_HEAD;
    long r = sys(__NR_mmap, page, PAGE_SIZE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
                 -1, 0);
    if (is_error(r)) return false;
    unsigned n = shape->kind == SHAPE_TAIL
                     ? trampoline_make_tail(trampoline, at, site->address, hook, (u64)hooked_numbers)
                     : trampoline_make(trampoline, at, shape, bytes, site->address, hook, (u64)hooked_numbers);
    if ((u64)r != page || !n || !write_code(at, trampoline, n) ||
        !begin_area(&areas[area_count], page, hook, PAGE_SIZE)) {
        sys(__NR_munmap, r, PAGE_SIZE);
        return false;
    }
    site->copied = shape->copied;
    site->length = (u8)n;
    site->number = 0;
    __atomic_store_n(&site->trampoline, at, __ATOMIC_SEQ_CST);
    return write_code(site->address - shape->copied, "\xe9", 1); /* one byte: whole for every thread at once */
}

static long barrier(int command) {
    return sys(__NR_membarrier, command, 0);
}

/* Put the jump in place of the instruction at `at`. */
static bool place_jump(const struct shape *shape, u64 at, const u8 *jump) {
    if (single_threaded()) return write_code(at, jump, JUMP_SIZE);
    if (shape->kind != SHAPE_NUMBER || shape->length != JUMP_SIZE || !jump[4]) return false;
    if (barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE) < 0) return false; /* a kernel without it */
    return write_code(at + 4, jump + 4, 1) && write_code(at + 1, jump + 1, 3) &&
           barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE) == 0 && write_code(at, jump, 1);
}

static void list_numbers(void) {
    if (hooked_numbers[__NR_openat]) return;
    for (unsigned i = 0; i < call_row_count; i++)
        if (can_be_hooked(&call_rows[i]) && (call_rows[i].when != EMULATED || engine.emulated))
            hooked_numbers[call_rows[i].number] = 1;
}

static bool rewrite(struct site *site, const struct call_row *row) {
    u8 bytes[SHAPE_BEFORE + SHAPE_AFTER], trampoline[TRAMPOLINE_MOST], jump[JUMP_SIZE];
    struct shape shape;
    if (arch_copy(bytes, (const void *)(site->address - SHAPE_BEFORE), sizeof(bytes)) < 0) return false;
    if (bytes[SHAPE_BEFORE] != 0x0f || bytes[SHAPE_BEFORE + 1] != 0x05) return false;
    shape_find(bytes, row->number, &shape);
    if (shape.kind == SHAPE_NONE) return false;
    if (shape.kind == SHAPE_NUMBER && !can_be_hooked(row)) return false;
    if (shape.kind != SHAPE_NUMBER) list_numbers();
    if (shape.kind == SHAPE_MOVE || shape.kind == SHAPE_TAIL) return rewrite_in_place(site, &shape, bytes);
    struct area *area = area_for(site->address);
    if (!area) return false;
    u64 at = area->at + area->used, from = site->address - shape.copied;
    unsigned n = trampoline_make(trampoline, at, &shape, bytes, site->address, area->at, (u64)hooked_numbers);
    if (!n || !trampoline_jump(jump, from, at) || !write_code(at, trampoline, n)) return false;
    area->used += (n + 15) & ~15U;
    site->copied = shape.copied;
    site->length = (u8)n;
    site->number = shape.kind == SHAPE_NUMBER ? row->number : 0;
    __atomic_store_n(&site->trampoline, at, __ATOMIC_SEQ_CST);
    return place_jump(&shape, from, jump);
}

/* Written, and yet it traps: by a jump to the system call instruction itself, or because other code is there now. */
static bool still_there(const struct site *site) {
    u8 code[JUMP_SIZE], jump[JUMP_SIZE];
    u64 from = site->address - site->copied;
    if (arch_copy(code, (const void *)from, JUMP_SIZE) < 0) return true;
    return trampoline_jump(jump, from, site->trampoline) && memcmp(code, jump, JUMP_SIZE) == 0;
}

void rewrite_count_trapped(void) {
    struct cache *cache = directories_open();
    if (cache) __atomic_add_fetch(&cache->trapped, 1, __ATOMIC_RELAXED);
}

void rewrite_count_hooked(void) {
    struct cache *cache = directories_open();
    if (cache) __atomic_add_fetch(&cache->hooked, 1, __ATOMIC_RELAXED);
}

void rewrite_count_site(const struct call_row *row, u64 address, struct slot *slot) {
    if (!engine.plan.rewrite || !row || given_up || address - ENGINE_BASE < ENGINE_SIZE) return;
    if (in_area(address)) return;
    struct site *site = site_of(address, true);
    if (!site || site->state == WRITING) return;
    if (++site->traps % TRAPS_FIRST || slot->pending) return;
    if (site->state == LEFT && site->traps) return; /* looked at again every 256 traps: the code may be another */
    if (site->state == WRITTEN && still_there(site)) return;
    u32 nobody = 0, self = (u32)sys(__NR_gettid);
    if (!__atomic_compare_exchange_n(&writer, &nobody, self, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) return;
    site->state = WRITING;
    __atomic_store_n(&site->state, rewrite(site, row) ? WRITTEN : LEFT, __ATOMIC_RELEASE);
    __atomic_store_n(&writer, 0, __ATOMIC_RELEASE);
}

#else

void rewrite_count_site(const struct call_row *row, u64 site, struct slot *slot) { (void)row, (void)site, (void)slot; }
long rewrite_number_of(u64 site, long number) { (void)site; return number; }
bool rewrite_rewind(u64 *pc) { (void)pc; return false; }
void rewrite_count_hooked(void) {}
void rewrite_count_trapped(void) {}

#endif
