/* Path calls from coroutines: makecontext stacks, switched back and forth by signals and by hand. */
// variants: static dynamic
#include "check.h"
#include <ucontext.h>
static ucontext_t home, one[16];
static int done;
static void run(int n)
{
	char path[64];
	snprintf(path, sizeof path, "/work/c%d", n);
	for (int i = 0; i < 50; i++) { put(path, "x"); if (!exists(path)) fail("stat"); MUST(unlink(path)); swapcontext(&one[n], &home); }
	done++;
}
int main(void)
{
	for (int i = 0; i < 16; i++) {
		getcontext(&one[i]);
		one[i].uc_stack.ss_sp = malloc(16384);
		one[i].uc_stack.ss_size = 16384;
		one[i].uc_link = &home;
		makecontext(&one[i], (void (*)(void))run, 1, i);
	}
	for (int round = 0; round < 51; round++) for (int i = 0; i < 16; i++) swapcontext(&home, &one[i]);
	CHECK(done == 16);
	return pass();
}
