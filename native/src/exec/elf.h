/* ELF files: what is needed of them, and their way into memory. */
#ifndef EXEC_ELF_H
#define EXEC_ELF_H
#include <linux/elf.h>

#include "../sys/types.h"

#define ELF_SEGMENTS 64
#define ELF_HEAD 1024 /* bytes to read at first: with luck all headers */

struct elf_file {
    Elf64_Ehdr header;
    Elf64_Phdr segments[ELF_SEGMENTS];
    char interpreter[4096]; /* "" where there is none; see elf_read_interpreter() */
};

struct elf_loaded {
    u64 bias, entry, headers; /* headers: address of the program headers in memory */
    u64 start_code, end_code, start_data, end_data, end;
    bool executable_stack;
};

/* Read and check the headers. 0; -ENOEXEC: no ELF program of this CPU, which `head` (n bytes) may be a script;
 * -ELIBBAD: an ELF program for another CPU or word size. */
long elf_read(int fd, const u8 *head, size_t n, struct elf_file *elf);
/* Find the name of ld.so in what elf_read() has read. 0 or -ENOEXEC. */
long elf_read_interpreter(int fd, struct elf_file *elf);
/* Does it want to be where this engine is? */
bool elf_is_engine(const struct elf_file *elf);
/* Map all segments. `base`: where a position-independent file should go, 0: wherever the kernel likes. */
long elf_map(int fd, const struct elf_file *elf, u64 base, struct elf_loaded *loaded);

#endif
