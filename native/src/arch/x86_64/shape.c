/* Decoding of the few instructions that compilers put before a system call. What is not known here is left alone. */
#include "shape.h"

#include "../../sys/text.h"

enum {
    N = 0,  /* not known, or bound to its place */
    P = 1,  /* no operands in bytes */
    M = 2,  /* ModRM */
    B = 4,  /* 8-bit immediate */
    W = 8,  /* 32-bit immediate (16-bit with the 66 prefix) */
    O = 16, /* 32-bit immediate, 64-bit with REX.W */
};

static u8 one_byte(u8 op) {
    if (op < 0x40) { /* add or adc sbb and sub xor cmp */
        if ((op & 7) < 4) return M;
        if ((op & 7) == 4) return B;
        return (op & 7) == 5 ? W : N;
    }
    if (op >= 0x50 && op <= 0x5f) return P;              /* push, pop */
    if (op >= 0x84 && op <= 0x85) return M;              /* test */
    if (op >= 0x88 && op <= 0x8b) return M;              /* mov */
    if (op >= 0xb8 && op <= 0xbf) return O;              /* mov $,register */
    if (op >= 0xb0 && op <= 0xb7) return B;
    switch (op) {
    case 0x63: /* movslq */
    case 0x8d: /* lea */
    case 0xd1:
    case 0xd3: return M; /* shifts */
    case 0x80:
    case 0x83:
    case 0xc0:
    case 0xc1:
    case 0xc6: return M | B;
    case 0x81:
    case 0xc7: return M | W;
    case 0x90:
    case 0x98:
    case 0x99: return P;
    case 0xa8: return B;
    case 0xa9: return W;
    default: return N;
    }
}

static u8 two_byte(u8 op) {
    if (op >= 0x40 && op <= 0x4f) return M; /* cmov */
    if (op >= 0x90 && op <= 0x9f) return M; /* set */
    switch (op) {
    case 0x10:
    case 0x11:
    case 0x12:
    case 0x13:
    case 0x16:
    case 0x17:
    case 0x28:
    case 0x29:
    case 0x6e:
    case 0x6f:
    case 0x7e:
    case 0x7f:
    case 0xd6: /* SSE moves */
    case 0x57:
    case 0xef:
    case 0x1f: /* nop */
    case 0xaf: /* imul */
    case 0xb6:
    case 0xb7:
    case 0xbe:
    case 0xbf: return M; /* movzx, movsx */
    case 0x1e: return M; /* endbr64, nop */
    default: return N;
    }
}

unsigned shape_instruction(const u8 *code, unsigned room, unsigned *relative) {
    unsigned at = 0;
    bool short_operand = false, wide = false;
    *relative = 0;
    for (; at < room && (code[at] == 0x66 || code[at] == 0xf2 || code[at] == 0xf3 || code[at] == 0x2e); at++)
        if (code[at] == 0x66) short_operand = true;
    if (at < room && (code[at] & 0xf0) == 0x40) wide = (code[at++] & 8) != 0;
    if (at >= room || at > 4) return 0;
    u8 op = code[at++], how;
    if (op == 0x0f) {
        if (at >= room) return 0;
        how = two_byte(code[at++]);
    } else {
        how = one_byte(op);
    }
    if (how == N) return 0;
    if (how & M) {
        if (at >= room) return 0;
        u8 modrm = code[at++];
        if ((op == 0xc6 || op == 0xc7) && (modrm & 0x38)) return 0; /* xabort, xbegin */
        u8 mod = modrm >> 6, rm = modrm & 7;
        if (mod != 3 && rm == 4) {
            if (at >= room) return 0;
            u8 sib = code[at++];
            if (mod == 0 && (sib & 7) == 5) at += 4;
        } else if (mod == 0 && rm == 5) {
            *relative = at;
            at += 4;
        }
        at += mod == 1 ? 1 : mod == 2 ? 4 : 0;
    }
    if (how & B) at += 1;
    if (how & W) at += short_operand && !wide ? 2 : 4;
    if (how & O) at += wide ? 8 : short_operand ? 2 : 4;
    return at <= room ? at : 0;
}

/* Could the byte at `start`, taken for an opcode, be the inside of another instruction with an immediate behind it:
 * movl $1,-0x48(%rsp) has the bytes of mov $1,%eax? Rather leave a site alone than guess. */
static bool may_be_inside(const u8 *bytes, unsigned start) {
    u8 before = bytes[start - 1], second = bytes[start - 2], third = bytes[start - 3];
    if ((before & 0xf0) == 0x40 || before == 0x66 || before == 0xf2 || before == 0xf3) return true;
    bool immediate2 = second == 0xc7 || second == 0x81 || second == 0x69 || second == 0xf7;
    bool immediate3 = third == 0xc7 || third == 0x81 || third == 0x69 || third == 0xf7;
    return (immediate2 && before >> 6 == 1) || (immediate3 && second >> 6 == 1 && (second & 7) == 4);
}

/* Are the bytes from `start` to the syscall instruction whole instructions that may run elsewhere? */
static bool relocatable(const u8 *bytes, unsigned start, struct shape *shape) {
    shape->fix_count = 0;
    for (unsigned at = start; at < SHAPE_BEFORE;) {
        unsigned relative, n = shape_instruction(bytes + at, SHAPE_BEFORE - at, &relative);
        if (!n) return false;
        if (relative) {
            if (shape->fix_count == ARRAY_LENGTH(shape->fixes)) return false;
            shape->fixes[shape->fix_count] = (u8)(at - start + relative);
            shape->fix_ends[shape->fix_count++] = (u8)(at - start + n);
        }
        if (at == start) shape->length = (u8)n;
        at += n;
    }
    shape->start = (u8)start;
    shape->copied = (u8)(SHAPE_BEFORE - start);
    return true;
}

static u32 immediate(const u8 *at) {
    u32 value;
    __builtin_memcpy(&value, at, 4);
    return value;
}

static bool register_move(const u8 *b) {
    return (b[0] & 0xf8) == 0x48 && (b[1] == 0x89 || b[1] == 0x8b) && b[2] >> 6 == 3;
}

void shape_find(const u8 *bytes, u64 number, struct shape *shape) {
    shape->kind = SHAPE_NONE;
    for (unsigned start = SHAPE_BEFORE - JUMP_SIZE; start >= 4; start--) {
        if (bytes[start] != 0xb8 || immediate(bytes + start + 1) != number) continue;
        if (may_be_inside(bytes, start) || !relocatable(bytes, start, shape)) continue;
        shape->kind = SHAPE_NUMBER;
        return;
    }
    /* mov 8(%rsp),%r9 of syscall(), mov %r11,8(%rsp) of musl's cancellation point. */
    unsigned start = SHAPE_BEFORE - JUMP_SIZE;
    const u8 *b = bytes + start;
    if ((b[0] & 0xf8) == 0x48 && (b[1] == 0x8b || b[1] == 0x89) && (b[2] & 0xc7) == 0x44 && b[3] == 0x24 &&
        !may_be_inside(bytes, start) && bytes[start - 1] != 0x0f && relocatable(bytes, start, shape)) {
        shape->kind = SHAPE_GENERIC;
        return;
    }
    /* mov %rcx,%rsi; mov %rbx,%rdi of Go's Syscall6. */
    if (register_move(bytes + SHAPE_BEFORE - 6) && register_move(bytes + SHAPE_BEFORE - 3) &&
        relocatable(bytes, SHAPE_BEFORE - 3, shape)) {
        shape->kind = SHAPE_MOVE;
        return;
    }
    /* cmp $-4095,%rax or the like behind it. */
    if (bytes[SHAPE_BEFORE + 2] != 0x48 || bytes[SHAPE_BEFORE + 3] != 0x3d) return;
    shape->kind = SHAPE_TAIL;
    shape->start = SHAPE_BEFORE;
    shape->length = 2;
    shape->copied = shape->fix_count = 0;
}

bool shape_copy(const struct shape *shape, const u8 *bytes, u64 from, u8 *to, u64 at) {
    memcpy(to, bytes + shape->start, shape->copied);
    for (unsigned i = 0; i < shape->fix_count; i++) {
        i64 value = (int32_t)immediate(to + shape->fixes[i]) + (i64)(from - at);
        int32_t narrow = (int32_t)value;
        if (narrow != value) return false;
        __builtin_memcpy(to + shape->fixes[i], &narrow, 4);
    }
    return true;
}
