/* Programs whose program headers, or whose loader's name, are not at the file's beginning are run like any other. */
#include "check.h"
#include <elf.h>
#define FAR 8192
#define CODE 256
static void write_program(const char *path, const void *bytes, size_t n)
{
	int fd = (int)MUST(open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0755));
	CHECK(write(fd, bytes, n) == (ssize_t)n);
	close(fd);
}
/* exit(42), with the only header far behind the code. */
static void make_small(const char *path)
{
	static unsigned char file[FAR + sizeof(Elf64_Phdr)];
#if defined(__x86_64__)
	static const unsigned char code[] = { 0xb8, 60, 0, 0, 0, 0xbf, 42, 0, 0, 0, 0x0f, 0x05 };
	unsigned machine = EM_X86_64;
#else
	static const unsigned char code[] = { 0xa8, 0x0b, 0x80, 0xd2, 0x40, 0x05, 0x80, 0xd2, 0x01, 0, 0, 0xd4 };
	unsigned machine = EM_AARCH64;
#endif
	Elf64_Ehdr head = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT }, .e_type = ET_EXEC, .e_machine = (Elf64_Half)machine, .e_version = 1,
		.e_entry = 0x10000000 + CODE, .e_phoff = FAR, .e_ehsize = sizeof head, .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 1 };
	Elf64_Phdr segment = { .p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_vaddr = 0x10000000, .p_paddr = 0x10000000, .p_filesz = sizeof file, .p_memsz = sizeof file, .p_align = 65536 };
	memcpy(file, &head, sizeof head);
	memcpy(file + CODE, code, sizeof code);
	memcpy(file + FAR, &segment, sizeof segment);
	write_program(path, file, sizeof file);
}
/* This program, with the loader's name at the end of its file. 0: it has none. */
static int make_far_name(const char *self, const char *path)
{
	static char file[4 << 20];
	int fd = (int)MUST(open(self, O_RDONLY | O_CLOEXEC)), found = 0;
	ssize_t n = MUST(read(fd, file, sizeof file - PATH_MAX));
	close(fd);
	Elf64_Ehdr *head = (Elf64_Ehdr *)file;
	Elf64_Phdr *segments = (Elf64_Phdr *)(file + head->e_phoff);
	for (int i = 0; i < head->e_phnum; i++) {
		if (segments[i].p_type != PT_INTERP) continue;
		memcpy(file + n, file + segments[i].p_offset, segments[i].p_filesz);
		segments[i].p_offset = (Elf64_Off)n;
		n += (ssize_t)segments[i].p_filesz;
		found = 1;
	}
	write_program(path, file, (size_t)n);
	return found;
}
int main(int argc, char **argv)
{
	if (argc > 1) return 7;
	make_small("/work/small");
	IN_CHILD(42, execl("/work/small", "small", NULL));
	if (make_far_name(argv[0], "/work/far")) IN_CHILD(7, execl("/work/far", argv[0], "again", NULL));
	return pass();
}
