/* The decoder of instructions and the shapes of call sites. */
#include "../../src/arch/x86_64/shape.h"

#include "../../src/arch/x86_64/trampoline.h"
#include "unit.h"

static const struct {
    const char *bytes;
    unsigned size, length, relative;
} instructions[] = {
    {"\xb8\x01\x01\x00\x00", 5, 5, 0},                     /* mov $257,%eax */
    {"\x48\xb8\x01\x02\x03\x04\x05\x06\x07\x08", 10, 10, 0}, /* movabs */
    {"\x48\xc7\xc0\x0f\x00\x00\x00", 7, 7, 0},             /* mov $15,%rax */
    {"\x66\xb8\x01\x00", 4, 4, 0},                         /* mov $1,%ax */
    {"\x4c\x89\x5c\x24\x08", 5, 5, 0},                     /* mov %r11,8(%rsp) */
    {"\x48\x8d\xb5\xe0\xfe\xff\xff", 7, 7, 0},             /* lea -288(%rbp),%rsi */
    {"\x48\x8d\x35\x10\x00\x00\x00", 7, 7, 3},             /* lea 16(%rip),%rsi */
    {"\x80\x3d\x00\x01\x00\x00\x00", 7, 7, 2},             /* cmpb $0,256(%rip) */
    {"\x8b\x04\x25\x10\x00\x00\x00", 7, 7, 0},             /* mov 16,%eax */
    {"\x8b\x44\x8c\x10", 4, 4, 0},                         /* mov 16(%rsp,%rcx,4),%eax */
    {"\xc7\x44\x24\x08\x01\x00\x00\x00", 8, 8, 0},         /* movl $1,8(%rsp) */
    {"\x0f\x29\x44\x24\x10", 5, 5, 0},                     /* movaps %xmm0,16(%rsp) */
    {"\xf3\x0f\x1e\xfa", 4, 4, 0},                         /* endbr64 */
    {"\x66\x2e\x0f\x1f\x84\x00\x00\x00\x00\x00", 10, 10, 0}, /* nopw */
    {"\x31\xc0", 2, 2, 0},                                 /* xor %eax,%eax */
    {"\x41\x54", 2, 2, 0},                                 /* push %r12 */
    {"\xe8\x00\x00\x00\x00", 5, 0, 0},                     /* call: bound to its place */
    {"\x74\x05", 2, 0, 0},                                 /* je */
    {"\x0f\x84\x00\x00\x00\x00", 6, 0, 0},                 /* je, long */
    {"\xc7\xf8\x00\x00\x00\x00", 6, 0, 0},                 /* xbegin */
    {"\xc3", 1, 0, 0},                                     /* ret */
    {"\x0f\x05", 2, 0, 0},                                 /* syscall */
    {"\xb8\x01\x01", 3, 0, 0},                             /* cut short */
    {"\x48", 1, 0, 0},
    {"\x8b", 1, 0, 0},
};

static void put_before(unsigned char *bytes, const char *code, unsigned n) {
    memset(bytes, 0x90, SHAPE_BEFORE + SHAPE_AFTER);
    memcpy(bytes + SHAPE_BEFORE - n, code, n);
    memcpy(bytes + SHAPE_BEFORE, "\x0f\x05", 2);
}

static enum shape_kind kind_of(const char *code, unsigned n, u64 number, struct shape *shape) {
    unsigned char bytes[SHAPE_BEFORE + SHAPE_AFTER];
    put_before(bytes, code, n);
    shape_find(bytes, number, shape);
    return shape->kind;
}

static void test_trampolines(void) {
    unsigned char bytes[SHAPE_BEFORE + SHAPE_AFTER], to[TRAMPOLINE_MOST], jump[JUMP_SIZE];
    struct shape shape;
    u64 site = 0x400100, at = 0x300010;
    put_before(bytes, "\xb8\x04\x00\x00\x00\x48\x8d\x35\x10\x00\x00\x00", 12);
    shape_find(bytes, 4, &shape);
    EXPECT(shape.kind == SHAPE_NUMBER && shape.copied == 12 && shape.fix_count == 1);
    EXPECT(trampoline_make(to, at, &shape, bytes, site, 0x300000, 0) == 25);
    int moved;
    memcpy(&moved, to + 8, 4);
    EXPECT(at + 12 + (u64)(long)moved == site + 16); /* lea still means the same address */
    EXPECT(trampoline_make(to, at + (3UL << 31), &shape, bytes, site, 0x300000, 0) == 0);
    EXPECT(trampoline_jump(jump, 0x1000, 0x1005) && memcmp(jump, "\xe9\0\0\0\0", 5) == 0);
    EXPECT(!trampoline_jump(jump, 0x1000, 0x1000 + (3UL << 31)));
    put_before(bytes, "\x48\x89\xce\x48\x89\xdf", 6);
    shape_find(bytes, 4, &shape);
    EXPECT(shape.kind == SHAPE_MOVE && trampoline_place(&shape, bytes, site) == site + 2 + 0x050fdf89);
}

void test_shape(void) {
    struct shape shape;
    unsigned relative;
    for (unsigned i = 0; i < sizeof(instructions) / sizeof(*instructions); i++) {
        unsigned n = shape_instruction((const u8 *)instructions[i].bytes, instructions[i].size, &relative);
        EXPECT(n == instructions[i].length);
        EXPECT(!n || relative == instructions[i].relative);
    }
    EXPECT(kind_of("\xb8\x01\x01\x00\x00", 5, 257, &shape) == SHAPE_NUMBER && shape.copied == 5);
    EXPECT(kind_of("\xb8\x01\x01\x00\x00\x48\x89\xfe\xbf\x9c\xff\xff\xff", 13, 257, &shape) == SHAPE_NUMBER);
    EXPECT(shape.copied == 13 && shape.length == 5);
    /* another number, another register, the inside of another instruction, a jump in between */
    EXPECT(kind_of("\xb8\x01\x01\x00\x00", 5, 2, &shape) == SHAPE_NONE);
    EXPECT(kind_of("\x41\xb8\x02\x00\x00\x00", 6, 2, &shape) == SHAPE_NONE);
    EXPECT(kind_of("\xc7\x44\x24\xb8\x02\x00\x00\x00", 8, 2, &shape) == SHAPE_NONE);
    EXPECT(kind_of("\xc7\x45\xb8\x02\x00\x00\x00", 7, 2, &shape) == SHAPE_NONE);
    EXPECT(kind_of("\xb8\x02\x00\x00\x00\x74\x00", 7, 2, &shape) == SHAPE_NONE);
    EXPECT(kind_of("\x4c\x8b\x4c\x24\x08", 5, 2, &shape) == SHAPE_GENERIC && shape.copied == 5);
    EXPECT(kind_of("\x4c\x89\x5c\x24\x08", 5, 2, &shape) == SHAPE_GENERIC);
    EXPECT(kind_of("\x89\xd0", 2, 2, &shape) == SHAPE_NONE);
    test_trampolines();
}
