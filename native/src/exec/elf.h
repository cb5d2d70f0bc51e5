/* ELF files: what is needed of them, and their way into memory. */
#ifndef EXEC_ELF_H
#define EXEC_ELF_H
#include <linux/elf.h>

#include "../sys/types.h"

#define ELF_SEGMENTS 64
#define ELF_HEAD 1024 /* bytes to read at first: with luck all headers */

struct elf_file {
    u64 *more; /* what lies behind the head: elf_more() words that the caller makes, as pages of stack cost */
    Elf64_Ehdr header;
    const Elf64_Phdr *segments;
    const char *interpreter; /* "" where there is none; see elf_read_interpreter() */
    long size;               /* of the head */
    u8 head[ELF_HEAD] __attribute__((aligned(8)));
};

struct elf_loaded {
    u64 bias, entry, headers; /* headers: address of the program headers in memory */
    u64 start_code, end_code, start_data, end_data, end;
    bool executable_stack;
};

/* Read the head. Its size, or -errno. */
long elf_read_head(int fd, struct elf_file *elf);
/* How many words `more` must have for elf_read() and elf_read_interpreter(): one where the head has all. */
size_t elf_more(const struct elf_file *elf);
/* Check what elf_read_head() has read, and read the other headers. 0; -ENOEXEC: no ELF program of this CPU, it may be a
 * script; -ELIBBAD: an ELF program for another CPU or word size. */
long elf_read(int fd, struct elf_file *elf);
/* Find the name of ld.so. 0 or -ENOEXEC. */
long elf_read_interpreter(int fd, struct elf_file *elf);
/* Does it want to be where this engine is? */
bool elf_is_engine(const struct elf_file *elf);
/* Map all segments. `base`: where a position-independent file should go, 0: wherever the kernel likes. */
long elf_map(int fd, const struct elf_file *elf, u64 base, struct elf_loaded *loaded);

#endif
