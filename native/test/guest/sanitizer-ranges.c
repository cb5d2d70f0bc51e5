/* A program may close the parts of the address space that ThreadSanitizer and MemorySanitizer close (compiler-rt's
 * tsan_platform.h and msan.h, x86-64 Linux with 48 bits), and goes on. */
#include "check.h"
#ifdef __x86_64__
static void closed(unsigned long from, unsigned long to)
{
	void *at = mmap((void *)from, to - from, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
	CHECK(at == (void *)from);
}
int main(void)
{
	closed(0x008000000000, 0x550000000000);
	closed(0x5a8000000000, 0x720000000000);
	for (int i = 0; i < 50; i++) CHECK(exists("/etc/marker"));
	return pass();
}
#else
int main(void) { skip("the ranges are those of x86-64"); }
#endif
