/* The handler of a fault runs on the alternate stack only where it was installed for that, and any number of different
 * handlers may be installed one after the other. */
#include "check.h"
#define HOLE ((char *)0x200000000)

static char alternate[65536];
static volatile int on_alternate, number_seen, flags_seen;

static void mend(int number, int flags)
{
	char here;
	on_alternate = &here >= alternate && &here < alternate + sizeof alternate;
	number_seen = number;
	flags_seen = flags;
	mmap(HOLE, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

static void plain(int number)
{
	mend(number, 0);
}

static void full(int number, siginfo_t *info, void *context)
{
	(void)context;
	CHECK(info->si_addr == HOLE);
	mend(number, SA_SIGINFO);
}

static void fault(int flags, int mask)
{
	struct sigaction now, action = { .sa_flags = flags };
	if (flags & SA_SIGINFO)
		action.sa_sigaction = full;
	else
		action.sa_handler = plain;
	if (mask) sigaddset(&action.sa_mask, mask);
	MUST(sigaction(SIGSEGV, &action, NULL));
	munmap(HOLE, 4096);
	number_seen = 0;
	*(volatile char *)HOLE = 1;
	CHECK(number_seen == SIGSEGV && flags_seen == (flags & SA_SIGINFO));
	CHECK(on_alternate == !!(flags & SA_ONSTACK));
	MUST(sigaction(SIGSEGV, NULL, &now));
	if (flags & SA_RESETHAND)
		CHECK(now.sa_handler == SIG_DFL);
	else
		CHECK((now.sa_flags & ~0x04000000) == flags && (!mask || sigismember(&now.sa_mask, mask)));
}

int main(void)
{
	stack_t stack = { .ss_sp = alternate, .ss_size = sizeof alternate };
	MUST(sigaltstack(&stack, NULL));
	fault(0, 0);
	fault(SA_ONSTACK, 0);
	fault(SA_SIGINFO, 0);
	fault(SA_SIGINFO | SA_ONSTACK | SA_RESETHAND, 0);
	for (int mask = SIGRTMIN; mask <= SIGRTMAX; mask++) {
		fault(SA_SIGINFO, mask);
		fault(SA_ONSTACK, mask);
	}
	return pass();
}
