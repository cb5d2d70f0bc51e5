/* ELF files: what is needed of them, and their way into memory. */
#ifndef EXEC_ELF_H
#define EXEC_ELF_H
#include <linux/elf.h>

#include "../sys/types.h"

#define ELF_SEGMENTS 64
#define ELF_HEAD 1024 /* bytes to read at first: with luck all headers */

struct elf_file {
    char interpreter_text[4096]; /* for one that lies behind the head; first, as it is seldom touched */
    const char *interpreter; /* "" where there is none; see elf_read_interpreter() */
    Elf64_Ehdr header;
    Elf64_Phdr segments[ELF_SEGMENTS];
};

struct elf_loaded {
    u64 bias, entry, headers; /* headers: address of the program headers in memory */
    u64 start_code, end_code, start_data, end_data, end;
    bool executable_stack;
};

/* Read and check the headers. 0; -ENOEXEC: no ELF program of this CPU, which `head` (n bytes) may be a script;
 * -ELIBBAD: an ELF program for another CPU or word size. */
long elf_read(int fd, const u8 *head, size_t n, struct elf_file *elf);
/* Find the name of ld.so in what elf_read() has read; `head` must live as long as it. 0 or -ENOEXEC. */
long elf_read_interpreter(int fd, const u8 *head, size_t n, struct elf_file *elf);
/* Does it want to be where this engine is? */
bool elf_is_engine(const struct elf_file *elf);
/* Map all segments. `base`: where a position-independent file should go, 0: wherever the kernel likes. */
long elf_map(int fd, const struct elf_file *elf, u64 base, struct elf_loaded *loaded);

#endif
