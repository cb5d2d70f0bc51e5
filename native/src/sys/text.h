/* Memory and text: what a C library would have given us. */
#ifndef SYS_TEXT_H
#define SYS_TEXT_H
#include "types.h"

void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);

static inline bool text_equal(const char *a, const char *b) {
    return strcmp(a, b) == 0;
}

/* Does `text` begin with `prefix`? */
bool text_starts(const char *text, const char *prefix);
/* Append `from` at `to + at`, keeping a NUL at the end; returns the new length. The caller has made room. */
size_t text_put(char *to, size_t at, const char *from);
/* Append a decimal number; returns the new length. Room for 21 bytes is needed. */
size_t text_put_number(char *to, size_t at, u64 value);
/* Read a decimal number; the first byte behind it goes to *end. Returns false where there is no digit or no room. */
bool text_number(const char *text, u64 *value, const char **end);
/* The last name of a path is path[begin] to path[end - 1]: slashes behind it are left out. Of "" and "/" it is empty. */
struct text_part {
    size_t begin, end;
};
struct text_part text_last_part(const char *path, size_t length);
/* The part behind the last slash. */
const char *text_last_name(const char *path);

#endif
