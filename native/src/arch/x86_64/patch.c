/* x86-64: rewriting of call sites.
 *
 * Where possible an instruction in front of the system call gives way to a jump; the system call instruction stays, so
 * that a thread that waits in it, a restarted call, or a jump into the middle, find it and at worst trap. Else, where
 * bytes happen to fit, one byte is changed to make a jump of what is there, and the trampoline is put where that leads
 * (SHAPE_MOVE, SHAPE_TAIL); with SHAPE_TAIL the system call instruction goes, and who waits in it returns behind it.
 *
 * With other threads about, the jump must not be seen half-written. `mov $number,%eax` is rewritten from behind: first
 * the last byte of its number, which makes it one that the filter traps whatever the others are (rewrite_number() puts
 * it right), then the rest of the number, then, once every CPU has seen that (membarrier), the opcode. */
#include "../patch.h"

#include <linux/mman.h>

#include "../../engine.h"
#include "../../sys/raw.h"
#include "../../sys/text.h"
#include "../../trap/areas.h"
#include "../../trap/rewrite.h"
#include "../../trap/sites.h"
#include "shape.h"
#include "trampoline.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

static u8 hooked_numbers[65536]; /* calls that generic sites bring to the hook */

bool patch_may_help(const struct call_row *row) {
    return (void)row, true;
}

long patch_number(const struct site *site, long number) {
    return site->number ? (long)site->number : number;
}

bool rewrite_rewind(struct ucontext *uc) {
    u64 pc = frame_pc(uc);
    if (!in_area(pc)) return false;
    for (unsigned k = 0; k < SITES; k++) {
        const struct site *site = &sites[k];
        u64 offset = pc - site->trampoline;
        if (!site->trampoline || offset >= site->length) continue;
        if (!site->copied) /* SHAPE_TAIL */
            frame_set_pc(uc, site->address + (offset == (u64)site->length - TAIL_END ? ARCH_CALL_SIZE : 0));
        else
            frame_set_pc(uc, site->address - (offset < site->copied ? site->copied - offset : 0));
        return true;
    }
    return false;
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
    if ((u64)r != page || !n || !code_write(at, trampoline, n) ||
        !area_begin(&areas[area_count], page, hook, PAGE_SIZE)) {
        sys(__NR_munmap, r, PAGE_SIZE);
        return false;
    }
    site->copied = shape->copied;
    site->length = (u8)n;
    site->number = 0;
    __atomic_store_n(&site->trampoline, at, __ATOMIC_SEQ_CST);
    return code_write(site->address - shape->copied, "\xe9", 1); /* one byte: whole for every thread at once */
}

/* Put the jump in place of the instruction at `at`. */
static bool place_jump(const struct shape *shape, u64 at, const u8 *jump) {
    if (code_is_ours_alone()) return code_write(at, jump, JUMP_SIZE);
    if (shape->kind != SHAPE_NUMBER || shape->length != JUMP_SIZE || !jump[4]) return false;
    if (code_barrier() < 0) return false; /* a kernel without it */
    return code_write(at + 4, jump + 4, 1) && code_write(at + 1, jump + 1, 3) &&
           code_barrier() == 0 && code_write(at, jump, 1);
}

static void list_numbers(void) {
    if (hooked_numbers[__NR_openat]) return;
    for (unsigned i = 0; i < call_row_count; i++)
        if (can_be_hooked(&call_rows[i]) && (call_rows[i].when != EMULATED || engine.emulated))
            hooked_numbers[call_rows[i].number] = 1;
}

bool patch_write(struct site *site, const struct call_row *row) {
    u8 bytes[SHAPE_BEFORE + SHAPE_AFTER], trampoline[TRAMPOLINE_MOST], jump[JUMP_SIZE];
    struct shape shape;
    if (arch_copy(bytes, (const void *)(site->address - SHAPE_BEFORE), sizeof(bytes)) < 0) return false;
    if (bytes[SHAPE_BEFORE] != 0x0f || bytes[SHAPE_BEFORE + 1] != 0x05) return false;
    shape_find(bytes, row->number, &shape);
    if (shape.kind == SHAPE_NONE) return false;
    if (shape.kind == SHAPE_NUMBER && !can_be_hooked(row)) return false;
    if (shape.kind != SHAPE_NUMBER) list_numbers();
    if (shape.kind == SHAPE_MOVE || shape.kind == SHAPE_TAIL) return rewrite_in_place(site, &shape, bytes);
    struct area *area = area_for(site->address, TRAMPOLINE_MOST);
    if (!area) return false;
    u64 at = area->at + area->used, from = site->address - shape.copied;
    unsigned n = trampoline_make(trampoline, at, &shape, bytes, site->address, area->at, (u64)hooked_numbers);
    if (!n || !trampoline_jump(jump, from, at) || !code_write(at, trampoline, n)) return false;
    area->used += (n + 15) & ~15U;
    site->copied = shape.copied;
    site->length = (u8)n;
    site->number = shape.kind == SHAPE_NUMBER ? row->number : 0;
    __atomic_store_n(&site->trampoline, at, __ATOMIC_SEQ_CST);
    return place_jump(&shape, from, jump);
}

/* Written, and yet it traps: by a jump to the system call instruction itself, or because other code is there now. */
bool patch_is_there(const struct site *site, const struct call_row *row) {
    u8 code[JUMP_SIZE], jump[JUMP_SIZE];
    u64 from = site->address - site->copied;
    if (arch_copy(code, (const void *)from, JUMP_SIZE) < 0) return true;
    (void)row;
    return trampoline_jump(jump, from, site->trampoline) && memcmp(code, jump, JUMP_SIZE) == 0;
}
