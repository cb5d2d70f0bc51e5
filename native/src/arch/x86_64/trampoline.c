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

bool trampoline_jump(u8 *code, u64 from, u64 to) {
    struct code c = {code, from, 0, true};
    put(&c, "\xe9", 1);
    put_relative(&c, to);
    return c.reaches;
}

unsigned trampoline_make(u8 *to, u64 at, const struct shape *shape, const u8 *bytes, u64 site, u64 hook, u64 numbers) {
    struct code c = {to, at, 0, true};
    u64 from = site - SHAPE_BEFORE + shape->start;
    if (!shape_copy(shape, bytes, from, to, at)) return 0;
    c.n = shape->copied;
    unsigned native = 0;
    if (shape->kind == SHAPE_GENERIC) {
        put(&c, "\x49\xbb", 2); /* movabs $numbers,%r11 */
        put(&c, (const char *)&numbers, 8);
        put(&c, "\x0f\xb7\xc8", 3);         /* movzwl %ax,%ecx */
        put(&c, "\x41\x0f\xb6\x0c\x0b", 5); /* movzbl (%r11,%rcx),%ecx */
        put(&c, "\xe3\x00", 2);             /* jrcxz native */
        native = c.n;
    }
    put(&c, "\x48\x8d\x0d", 3); /* lea behind the site(%rip),%rcx */
    put_relative(&c, site + 2);
    put(&c, "\xff\x25", 2); /* jmp *hook(%rip) */
    put_relative(&c, hook);
    if (native) {
        to[native - 1] = (u8)(c.n - native);
        put(&c, "\xe9", 1); /* jmp to the system call instruction, still in its place */
        put_relative(&c, site);
    }
    return c.reaches ? c.n : 0;
}
