/* Memory and text functions. gcc may call the mem* ones by itself, so they must exist under these names. */
#include "text.h"

#define SHORT_COPY 256

/* Forward, so that memmove() may use it. */
static inline void *copy_short(void *to, const void *from, size_t n) {
    u8 *t = to;
    const u8 *f = from;
    u64 word;
    u32 half;
    for (; n >= 8; n -= 8, t += 8, f += 8) {
        __builtin_memcpy(&word, f, 8);
        __builtin_memcpy(t, &word, 8);
    }
    if (n & 4) {
        __builtin_memcpy(&half, f, 4);
        __builtin_memcpy(t, &half, 4);
        t += 4, f += 4;
    }
    for (n &= 3; n--; t++, f++) *t = *f;
    return to;
}

#if defined(__x86_64__)
/* rep movsb is quick on every CPU of the last ten years and needs no vector register, but takes its time to begin. */
void *memcpy(void *to, const void *from, size_t n) {
    void *t = to;
    if (n <= SHORT_COPY) return copy_short(to, from, n);
    __asm__ volatile("rep movsb" : "+D"(t), "+S"(from), "+c"(n) : : "memory");
    return to;
}

void *memset(void *to, int byte, size_t n) {
    void *t = to;
    __asm__ volatile("rep stosb" : "+D"(t), "+c"(n) : "a"(byte) : "memory");
    return to;
}
#else
void *memcpy(void *to, const void *from, size_t n) {
    return copy_short(to, from, n);
}

void *memset(void *to, int byte, size_t n) {
    volatile u8 *t = to;
    while (n--) *t++ = (u8)byte;
    return to;
}
#endif

void *memmove(void *to, const void *from, size_t n) {
    u8 *t = to;
    const u8 *f = from;
    if (t <= f || t >= f + n) return memcpy(to, from, n);
    while (n--) t[n] = f[n];
    return to;
}

int memcmp(const void *a, const void *b, size_t n) {
    const u8 *x = a, *y = b;
    for (u64 v, w; n >= 8; n -= 8, x += 8, y += 8) {
        __builtin_memcpy(&v, x, 8);
        __builtin_memcpy(&w, y, 8);
        if (v != w) break;
    }
    for (; n; n--, x++, y++)
        if (*x != *y) return *x - *y;
    return 0;
}

size_t strlen(const char *s) {
    const char *p = s;
    while (*p) p++;
    return (size_t)(p - s);
}

int strcmp(const char *a, const char *b) {
    while (*a && *a == *b) a++, b++;
    return (u8)*a - (u8)*b;
}

bool text_starts(const char *text, const char *prefix) {
    while (*prefix)
        if (*text++ != *prefix++) return false;
    return true;
}

size_t text_put(char *to, size_t at, const char *from) {
    size_t n = strlen(from);
    memcpy(to + at, from, n + 1);
    return at + n;
}

size_t text_put_number(char *to, size_t at, u64 value) {
    char digits[20];
    int n = 0;
    do digits[n++] = (char)('0' + value % 10);
    while (value /= 10);
    while (n) to[at++] = digits[--n];
    to[at] = 0;
    return at;
}

bool text_number(const char *text, u64 *value, const char **end) {
    u64 v = 0;
    const char *p = text;
    for (; *p >= '0' && *p <= '9'; p++)
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, (u64)(*p - '0'), &v)) return false;
    *value = v;
    if (end) *end = p;
    return p != text;
}

const char *text_last_name(const char *path) {
    const char *last = path;
    for (; *path; path++)
        if (*path == '/') last = path + 1;
    return last;
}
