/* Reading and mapping ELF files as the kernel's binfmt_elf does. */
#include "elf.h"

#include <linux/mman.h>

#include "../sys/raw.h"
#include "../sys/text.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

static u64 page_down(u64 address) { return address & ~(PAGE_SIZE - 1); }
static u64 page_up(u64 address) { return (address + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1); }

long elf_read_interpreter(int fd, const u8 *head, size_t n, struct elf_file *elf) {
    elf->interpreter = "";
    for (int i = 0; i < elf->header.e_phnum; i++) {
        const Elf64_Phdr *s = &elf->segments[i];
        if (s->p_type != PT_INTERP) continue;
        if (s->p_filesz < 2 || s->p_filesz > sizeof(elf->interpreter_text)) return -ENOEXEC;
        elf->interpreter = elf->interpreter_text;
        if (s->p_offset < n && s->p_filesz <= n - s->p_offset)
            elf->interpreter = (const char *)head + s->p_offset;
        else if (sys(__NR_pread64, fd, elf->interpreter_text, s->p_filesz, s->p_offset) != (long)s->p_filesz)
            return -ENOEXEC;
        if (elf->interpreter[s->p_filesz - 1]) return -ENOEXEC;
    }
    return 0;
}

long elf_read(int fd, const u8 *head, size_t n, struct elf_file *elf) {
    Elf64_Ehdr *h = &elf->header;
    if (n < 20 || memcmp(head, ELFMAG, SELFMAG) != 0) return -ENOEXEC;
    memcpy(h, head, n < sizeof(*h) ? n : sizeof(*h));
    if (h->e_ident[EI_CLASS] != ELFCLASS64 || h->e_machine != ARCH_ELF_MACHINE) return -ELIBBAD;
    if (n < sizeof(*h) || (h->e_type != ET_EXEC && h->e_type != ET_DYN)) return -ENOEXEC;
    if (h->e_phentsize != sizeof(Elf64_Phdr) || h->e_phnum == 0 || h->e_phnum > ELF_SEGMENTS) return -ENOEXEC;
    long size = (long)(h->e_phnum * sizeof(Elf64_Phdr));
    if (h->e_phoff + (u64)size <= n)
        memcpy(elf->segments, head + h->e_phoff, (size_t)size);
    else if (sys(__NR_pread64, fd, elf->segments, size, h->e_phoff) != size)
        return -ENOEXEC;
    return 0;
}

bool elf_is_engine(const struct elf_file *elf) {
    for (int i = 0; i < elf->header.e_phnum; i++)
        if (elf->segments[i].p_type == PT_LOAD && elf->segments[i].p_vaddr - ENGINE_BASE < ENGINE_SIZE) return true;
    return false;
}

static int protection(u32 flags) {
    return (flags & PF_R ? PROT_READ : 0) | (flags & PF_W ? PROT_WRITE : 0) | (flags & PF_X ? PROT_EXEC : 0);
}

/* One segment. What lies behind the file's part is zero, to the end of its page as well: ld.so's first allocations
 * use the rest of that page. */
static long map_segment(int fd, const Elf64_Phdr *s, u64 bias) {
    u64 start = page_down(bias + s->p_vaddr), file_end = bias + s->p_vaddr + s->p_filesz;
    u64 end = page_up(bias + s->p_vaddr + s->p_memsz), mapped_end = s->p_filesz ? page_up(file_end) : start;
    int prot = protection(s->p_flags);
    if (s->p_filesz) {
        long r = sys(__NR_mmap, start, file_end - start, prot, MAP_PRIVATE | MAP_FIXED, fd, page_down(s->p_offset));
        if (is_error(r)) return r;
    }
    if (end > mapped_end) {
        long r = sys(__NR_mmap, mapped_end, end - mapped_end, prot, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0);
        if (is_error(r)) return r;
    }
    if (s->p_memsz > s->p_filesz && s->p_filesz && (s->p_flags & PF_W) && mapped_end > file_end)
        memset((void *)file_end, 0, mapped_end - file_end);
    return 0;
}

static void note_segment(const Elf64_Phdr *s, u64 bias, struct elf_loaded *l) {
    u64 start = bias + s->p_vaddr, file_end = start + s->p_filesz, end = start + s->p_memsz;
    if (!l->start_code || start < l->start_code) l->start_code = start;
    if ((s->p_flags & PF_X) && file_end > l->end_code) l->end_code = file_end;
    if (start > l->start_data) l->start_data = start;
    if (file_end > l->end_data) l->end_data = file_end;
    if (end > l->end) l->end = end;
}

/* Reserve room for a position-independent file, so that its segments come to lie together. */
static long reserve(u64 base, u64 low, u64 high) {
    u64 size = page_up(high) - page_down(low);
    long r = -EEXIST;
    if (base) r = sys(__NR_mmap, base, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (is_error(r)) r = sys(__NR_mmap, 0, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return is_error(r) ? r : r - (long)page_down(low);
}

long elf_map(int fd, const struct elf_file *elf, u64 base, struct elf_loaded *l) {
    u64 low = ~0UL, high = 0;
    const Elf64_Ehdr *h = &elf->header;
    memset(l, 0, sizeof(*l));
    for (int i = 0; i < h->e_phnum; i++) {
        const Elf64_Phdr *s = &elf->segments[i];
        if (s->p_type == PT_GNU_STACK) l->executable_stack = (s->p_flags & PF_X) != 0;
        if (s->p_type != PT_LOAD) continue;
        if (s->p_filesz > s->p_memsz || (s->p_vaddr ^ s->p_offset) % PAGE_SIZE) return -ENOEXEC;
        if (s->p_vaddr < low) low = s->p_vaddr;
        if (s->p_vaddr + s->p_memsz > high) high = s->p_vaddr + s->p_memsz;
    }
    if (high <= low) return -ENOEXEC;
    if (h->e_type == ET_DYN) {
        long r = reserve(base, low, high);
        if (is_error(r)) return r;
        l->bias = (u64)r;
    }
    if (l->bias + low < ENGINE_BASE + ENGINE_SIZE && l->bias + high > ENGINE_BASE) return -ENOMEM;
    for (int i = 0; i < h->e_phnum; i++) {
        const Elf64_Phdr *s = &elf->segments[i];
        if (s->p_type != PT_LOAD) continue;
        if (s->p_memsz) {
            long r = map_segment(fd, s, l->bias);
            if (is_error(r)) return r;
        }
        note_segment(s, l->bias, l);
        if (h->e_phoff >= s->p_offset && h->e_phoff < s->p_offset + s->p_filesz)
            l->headers = l->bias + s->p_vaddr + (h->e_phoff - s->p_offset);
    }
    l->entry = l->bias + h->e_entry;
    return 0;
}
