/* An alternate stack that has room for one signal frame, and for a handler that makes no calls, is enough. */
#include "check.h"

static volatile int handled;
static char *volatile lowest;

static void handler(int number)
{
	char here;
	(void)number;
	lowest = &here;
	handled++;
}

int main(void)
{
	char *top = (char *)MUST(mmap(NULL, 131072, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) + 131072;
	stack_t stack = { .ss_sp = top - 65536, .ss_size = 65536 };
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_ONSTACK };
	MUST(sigaltstack(&stack, NULL));
	MUST(sigaction(SIGUSR2, &action, NULL));
	raise(SIGUSR2);
	CHECK(handled == 1 && lowest < top);
	size_t size = ((size_t)(top - lowest) + 1024) & ~(size_t)15; /* of one frame */
	if (size < 2048) size = 2048; /* what the kernel wants at least, but for some */
	stack.ss_sp = top - size, stack.ss_size = size;
	if (sigaltstack(&stack, NULL) < 0) skip("the kernel wants more of an alternate stack than it uses");
	action.sa_handler = handler;
	MUST(sigaction(SIGUSR1, &action, NULL));
	for (int i = 0; i < 20; i++) raise(SIGUSR1);
	CHECK(handled == 21);
	return pass();
}
