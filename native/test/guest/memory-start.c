/* brk grows by a hundred megabytes, the main stack by seven, the auxiliary vector speaks of this program, mappings at hints work. */
#include "check.h"
#include <elf.h>
#include <sys/auxv.h>
static int deep(int n) { volatile char room[4096]; room[0] = (char)n; return n ? deep(n - 1) + room[0] * 0 : exists("/etc/marker"); }
int main(int argc, char **argv)
{
	char *start = (char *)syscall(SYS_brk, 0), *end = (char *)syscall(SYS_brk, start + (100 << 20));
	CHECK(end == start + (100 << 20));
	memset(start, 1, 100 << 20);
	CHECK((char *)syscall(SYS_brk, start) == start);
	CHECK(deep(1750));
	SAME(argv[0], (char *)getauxval(AT_EXECFN));
	CHECK(getauxval(AT_SECURE) == 0);
	CHECK(getauxval(AT_PAGESZ) == (unsigned long)sysconf(_SC_PAGESIZE));
	CHECK(getauxval(AT_RANDOM));
	CHECK(getauxval(AT_UID) == getuid() && getauxval(AT_EGID) == getegid());
	Elf64_Phdr *headers = (void *)getauxval(AT_PHDR);
	CHECK(headers && getauxval(AT_PHNUM) > 2);
	int loads = 0;
	for (unsigned long i = 0; i < getauxval(AT_PHNUM); i++) loads += headers[i].p_type == PT_LOAD;
	CHECK(loads > 0);
	CHECK(getauxval(AT_SYSINFO_EHDR)); CHECK(now_us() > 0);
	unsigned long entry = getauxval(AT_ENTRY); CHECK(entry);
	struct rlimit stack; getrlimit(RLIMIT_STACK, &stack);
	char *heap = malloc(300 << 20); memset(heap, 2, 300 << 20); free(heap);
	CHECK(strstr(get("/proc/self/maps"), "[stack]")); CHECK(strstr(get("/proc/self/maps"), "[vdso]"));
	return pass();
}
