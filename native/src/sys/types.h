/* Short names for the kernel's own types, so that no C library header is needed. */
#ifndef SYS_TYPES_H
#define SYS_TYPES_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden) /* one static program: no symbol needs a table to be found */

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int64_t i64;

#define PATH_SIZE 4096  /* the kernel's PATH_MAX, the NUL included */
#define PAGE_LEAST 4096UL /* unit of files, buffers and marks. The pages of this kernel may be larger: arch_page() */
/* For small variables that every program uses: together on few pages. */
#define HOT __attribute__((section(".bss.hot")))
#define HOT_LAST __attribute__((section(".bss.hot_last"))) /* of which only the beginning is */
/* For functions that most programs do without, in files with code that all need: see engine.ld of x86-64. */
#define COLD __attribute__((noinline, section(".text.rare")))
#define ARRAY_LENGTH(a) (sizeof(a) / sizeof((a)[0]))

#endif
