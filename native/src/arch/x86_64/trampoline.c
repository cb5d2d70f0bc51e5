/* x86-64: trampolines. They run on the guest's stack and registers, so they may change nothing but rcx and r11, not
 * even flags. Signals that come in here are made to find the guest at its own code (rewrite_rewind()). */
#include "trampoline.h"

#include "../../sys/text.h"

struct code {
    u8 *to;
    u64 at;
    unsigned n;
    bool reaches;
};

static void put(struct code *c, const char *bytes, unsigned n) {
    memcpy(c->to + c->n, bytes, n);
    c->n += n;
}

static void put_relative(struct code *c, u64 target) {
    i64 distance = (i64)(target - (c->at + c->n + 4));
    int32_t narrow = (int32_t)distance;
    if (narrow != distance) c->reaches = false;
    memcpy(c->to + c->n, &narrow, 4);
    c->n += 4;
}

/* Go on to `native` (its displacement's place is returned) unless the number in rax is one for the hook. */
static unsigned put_test(struct code *c, u64 numbers) {
    put(c, "\x49\xbb", 2); /* movabs $numbers,%r11 */
    put(c, (const char *)&numbers, 8);
    put(c, "\x0f\xb7\xc8", 3);         /* movzwl %ax,%ecx */
    put(c, "\x41\x0f\xb6\x0c\x0b", 5); /* movzbl (%r11,%rcx),%ecx */
    put(c, "\xe3\x00", 2);             /* jrcxz native */
    return c->n - 1;
}

static void put_hook(struct code *c, u64 resume, u64 hook) {
    put(c, "\x48\x8d\x0d", 3); /* lea resume(%rip),%rcx */
    put_relative(c, resume);
    put(c, "\xff\x25", 2); /* jmp *hook(%rip) */
    put_relative(c, hook);
}

static void put_jump(struct code *c, u64 target) {
    put(c, "\xe9", 1);
    put_relative(c, target);
}

bool trampoline_jump(u8 *code, u64 from, u64 to) {
    struct code c = {code, from, 0, true};
    put_jump(&c, to);
    return c.reaches;
}

unsigned trampoline_make(u8 *to, u64 at, const struct shape *shape, const u8 *bytes, u64 site, u64 hook, u64 numbers) {
    struct code c = {to, at, 0, true};
    if (!shape_copy(shape, bytes, site - shape->copied, to, at)) return 0;
    c.n = shape->copied;
    unsigned test = shape->kind != SHAPE_NUMBER ? put_test(&c, numbers) : 0;
    put_hook(&c, site + 2, hook);
    if (test) {
        to[test] = (u8)(c.n - test - 1);
        put_jump(&c, site); /* the system call instruction is still in its place */
    }
    return c.reaches ? c.n : 0;
}

u64 trampoline_place(const struct shape *shape, const u8 *bytes, u64 site) {
    int32_t distance;
    memcpy(&distance, bytes + shape->start + 1, 4);
    return site - shape->copied + JUMP_SIZE + (u64)(i64)distance;
}

unsigned trampoline_make_tail(u8 *to, u64 at, u64 site, u64 hook, u64 numbers) {
    struct code c = {to, at, 0, true};
    unsigned test = put_test(&c, numbers);
    put_hook(&c, at + c.n + 7 + 6 + 2, hook); /* behind lea, jmp and syscall */
    to[test] = (u8)(c.n - test - 1);
    put(&c, "\x0f\x05", 2);
    put_jump(&c, site + 2);
    return c.reaches ? c.n : 0;
}
