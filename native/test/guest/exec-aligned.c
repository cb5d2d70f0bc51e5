/* A program that may lie anywhere lies where its variables' alignment allows it. */
// variants: static dynamic
#include "check.h"
static char wide[65536] __attribute__((aligned(65536)));
int main(int argc, char **argv)
{
	volatile uintptr_t at = (uintptr_t)wide;
	CHECK(at % 65536 == 0);
	if (argc > 1) return 0;
	for (int i = 0; i < 8; i++) IN_CHILD(0, execl(argv[0], argv[0], "again", (char *)NULL));
	return pass();
}
