/* An unwinder in the handler of a fault finds its way to the function that faulted. */
#include "check.h"
#ifndef __GLIBC__
int main(void)
{
	skip("this C library has no backtrace()");
}
#else
#include <execinfo.h>
#define HOLE ((volatile char *)0x200000000)

static void *found[64];
static volatile int depth;

static void on_fault(int number)
{
	(void)number;
	depth = backtrace(found, 64);
	mmap((void *)HOLE, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

__attribute__((noinline)) static int culprit(void)
{
	*HOLE = 1;
	return *HOLE + 1;
}

__attribute__((noinline)) static int caller(void)
{
	return culprit() + 1;
}

static int is_among(const void *function)
{
	for (int i = 0; i < depth; i++)
		if ((uintptr_t)found[i] - (uintptr_t)function < 64) return 1;
	return 0;
}

int main(void)
{
	void *first[4];
	struct sigaction action = { .sa_handler = on_fault };
	if (backtrace(first, 4) < 1) skip("no unwinder here");
	MUST(sigaction(SIGSEGV, &action, NULL));
	CHECK(caller() == 3);
	CHECK(is_among((void *)culprit) && is_among((void *)caller));
	return pass();
}
#endif
