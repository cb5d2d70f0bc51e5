/* Reading and mapping ELF files as the kernel's binfmt_elf does. */
#include "elf.h"

#include <linux/mman.h>

#include "../sys/raw.h"
#include "../sys/text.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

static u64 page_down(u64 address) { return address & ~(arch_page() - 1); }
static u64 page_up(u64 address) { return (address + arch_page() - 1) & ~(arch_page() - 1); }

long elf_read_head(int fd, struct elf_file *elf) {
    return elf->size = sys(__NR_pread64, fd, elf->head, sizeof(elf->head), 0);
}

static bool head_has(const struct elf_file *elf, u64 offset, u64 size) {
    u64 n = elf->size < 0 ? 0 : (u64)elf->size;
    return offset < n && size <= n - offset;
}

#define SEGMENT_BYTES (ELF_SEGMENTS * sizeof(Elf64_Phdr))
#define INTERPRETER_MOST 4096

static bool head_has_segments(const struct elf_file *elf, const Elf64_Ehdr *h) {
    return h->e_phoff % 8 == 0 && head_has(elf, h->e_phoff, h->e_phnum * sizeof(Elf64_Phdr));
}

size_t elf_more(const struct elf_file *elf) {
    const size_t most = (SEGMENT_BYTES + INTERPRETER_MOST) / sizeof(u64);
    const Elf64_Ehdr *h = (const Elf64_Ehdr *)elf->head;
    if (elf->size < (long)sizeof(*h)) return 1;
    if (!head_has_segments(elf, h)) return most;
    const Elf64_Phdr *segments = (const Elf64_Phdr *)(elf->head + h->e_phoff);
    for (int i = 0; i < h->e_phnum; i++)
        if (segments[i].p_type == PT_INTERP && !head_has(elf, segments[i].p_offset, segments[i].p_filesz)) return most;
    return 1;
}

long elf_read_interpreter(int fd, struct elf_file *elf) {
    char *text = (char *)elf->more + SEGMENT_BYTES;
    elf->interpreter = "";
    for (int i = 0; i < elf->header.e_phnum; i++) {
        const Elf64_Phdr *s = &elf->segments[i];
        if (s->p_type != PT_INTERP) continue;
        if (s->p_filesz < 2 || s->p_filesz > INTERPRETER_MOST) return -ENOEXEC;
        elf->interpreter = text;
        if (head_has(elf, s->p_offset, s->p_filesz))
            elf->interpreter = (const char *)elf->head + s->p_offset;
        else if (sys(__NR_pread64, fd, text, s->p_filesz, s->p_offset) != (long)s->p_filesz)
            return -ENOEXEC;
        if (elf->interpreter[s->p_filesz - 1]) return -ENOEXEC;
    }
    return 0;
}

long elf_read(int fd, struct elf_file *elf) {
    Elf64_Ehdr *h = &elf->header;
    const u8 *head = elf->head;
    size_t n = (size_t)elf->size;
    if (elf->size < 20 || memcmp(head, ELFMAG, SELFMAG) != 0) return -ENOEXEC;
    memcpy(h, head, n < sizeof(*h) ? n : sizeof(*h));
    if (h->e_ident[EI_CLASS] != ELFCLASS64 || h->e_machine != ARCH_ELF_MACHINE) return -ELIBBAD;
    if (n < sizeof(*h) || (h->e_type != ET_EXEC && h->e_type != ET_DYN)) return -ENOEXEC;
    if (h->e_phentsize != sizeof(Elf64_Phdr) || h->e_phnum == 0 || h->e_phnum > ELF_SEGMENTS) return -ENOEXEC;
    long size = (long)(h->e_phnum * sizeof(Elf64_Phdr));
    elf->segments = (const Elf64_Phdr *)(head + h->e_phoff);
    if (head_has_segments(elf, h)) return 0;
    elf->segments = (const Elf64_Phdr *)elf->more;
    if (sys(__NR_pread64, fd, elf->more, size, h->e_phoff) != size) return -ENOEXEC;
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

static long map_at(u64 start, u64 size, int prot, int flags, int fd, u64 offset) {
    long r = sys(__NR_mmap, start, size, prot, MAP_PRIVATE | flags, fd, offset);
    if (is_error(r) || (u64)r == start) return is_error(r) ? r : 0;
    sys(__NR_munmap, r, size); /* before Linux 4.17 the address was no more than a wish */
    return -EEXIST;
}

/* One segment. What lies behind the file's part is zero, to the end of its page as well: ld.so's first allocations
 * use the rest of that page. */
static long map_segment(int fd, const Elf64_Phdr *s, u64 bias, int fixed) {
    u64 start = page_down(bias + s->p_vaddr), file_end = bias + s->p_vaddr + s->p_filesz;
    u64 end = page_up(bias + s->p_vaddr + s->p_memsz), mapped_end = s->p_filesz ? page_up(file_end) : start;
    int prot = protection(s->p_flags);
    if (s->p_filesz) {
        long r = map_at(start, file_end - start, prot, fixed, fd, page_down(s->p_offset));
        if (r < 0) return r;
    }
    if (end > mapped_end) {
        long r = map_at(mapped_end, end - mapped_end, prot, fixed | MAP_ANONYMOUS, -1, 0);
        if (r < 0) return r;
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

/* A stretch of free addresses where the kernel likes it: nobody else maps anything while a program is being loaded. */
static long find_room(u64 size, u64 alignment) {
    size += alignment - arch_page();
    long r = sys(__NR_mmap, 0, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (is_error(r)) return r;
    sys(__NR_munmap, r, size);
    return (long)(((u64)r + alignment - 1) & -alignment);
}

/* What a file that may lie anywhere is to be aligned to: its variables may count on it. */
static u64 alignment_of(const struct elf_file *elf) {
    u64 most = arch_page();
    for (int i = 0; i < elf->header.e_phnum; i++) {
        u64 wanted = elf->segments[i].p_align;
        if (elf->segments[i].p_type == PT_LOAD && wanted > most && !(wanted & (wanted - 1))) most = wanted;
    }
    return most;
}

static long measure(const struct elf_file *elf, u64 *low, u64 *high, struct elf_loaded *l) {
    *low = ~0UL, *high = 0;
    for (int i = 0; i < elf->header.e_phnum; i++) {
        const Elf64_Phdr *s = &elf->segments[i];
        if (s->p_type == PT_GNU_STACK) l->executable_stack = (s->p_flags & PF_X) != 0;
        if (s->p_type != PT_LOAD) continue;
        if (s->p_filesz > s->p_memsz || (s->p_vaddr ^ s->p_offset) % arch_page()) return -ENOEXEC;
        if (s->p_vaddr < *low) *low = s->p_vaddr;
        if (s->p_vaddr + s->p_memsz > *high) *high = s->p_vaddr + s->p_memsz;
    }
    return *high > *low ? 0 : -ENOEXEC;
}

static long map_all(int fd, const struct elf_file *elf, int fixed, struct elf_loaded *l) {
    const Elf64_Ehdr *h = &elf->header;
    for (int i = 0; i < h->e_phnum; i++) {
        const Elf64_Phdr *s = &elf->segments[i];
        if (s->p_type != PT_LOAD) continue;
        long r = s->p_memsz ? map_segment(fd, s, l->bias, fixed) : 0;
        if (r < 0) return r;
        note_segment(s, l->bias, l);
        if (h->e_phoff >= s->p_offset && h->e_phoff < s->p_offset + s->p_filesz)
            l->headers = l->bias + s->p_vaddr + (h->e_phoff - s->p_offset);
    }
    l->entry = l->bias + h->e_entry;
    return 0;
}

long elf_map(int fd, const struct elf_file *elf, u64 base, struct elf_loaded *l) {
    u64 low, high, alignment = alignment_of(elf);
    memset(l, 0, sizeof(*l));
    long r = measure(elf, &low, &high, l);
    if (r < 0) return r;
    if (elf->header.e_type == ET_DYN && base) {
        l->bias = (base & -alignment) - (low & -alignment);
        r = map_all(fd, elf, MAP_FIXED_NOREPLACE, l);
        if (r != -EEXIST) return r;
        memset(l, 0, sizeof(*l));
        measure(elf, &low, &high, l);
    }
    if (elf->header.e_type == ET_DYN) {
        if (is_error(r = find_room(page_up(high) - (low & -alignment), alignment))) return r;
        l->bias = (u64)r - (low & -alignment);
    }
    if (l->bias + low < ENGINE_BASE + ENGINE_SIZE && l->bias + high > ENGINE_BASE) return -ENOMEM;
    return map_all(fd, elf, MAP_FIXED, l);
}
