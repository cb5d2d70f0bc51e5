/* Memory and text functions. gcc may call the mem* ones by itself, so they must exist under these names. */
#include "text.h"

#define SHORT_COPY 256

static inline u64 load8(const void *from) {
    u64 word;
    __builtin_memcpy(&word, from, 8);
    return word;
}

static inline void store8(void *to, u64 word) {
    __builtin_memcpy(to, &word, 8);
}

/* Forward, so that memmove() may use it: the last eight bytes, some of which may be there already, are read first. */
static inline void *copy_short(void *to, const void *from, size_t n) {
    u8 *t = to;
    const u8 *f = from;
    if (n >= 8) {
        u8 *last = t + n - 8;
        u64 end = load8(f + n - 8);
        for (; t < last; t += 8, f += 8) store8(t, load8(f));
        store8(last, end);
        return to;
    }
    if (n & 4) {
        u32 half;
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
    if (n >= 8) {
        size_t last = n - 8, i = 0;
        while (i < last && load8(x + i) == load8(y + i)) i += 8;
        if (i >= last && load8(x + last) == load8(y + last)) return 0;
        x += i, y += i, n -= i;
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

struct text_part text_last_part(const char *path, size_t length) {
    while (length && path[length - 1] == '/') length--;
    size_t begin = length;
    while (begin && path[begin - 1] != '/') begin--;
    return (struct text_part){begin, length};
}

const char *text_last_name(const char *path) {
    const char *last = path;
    for (; *path; path++)
        if (*path == '/') last = path + 1;
    return last;
}
