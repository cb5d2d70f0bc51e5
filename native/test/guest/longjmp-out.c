/* A handler leaves a path call blocked in a FIFO by siglongjmp, thousands of times, on one stack and from an alternate one. */
#include "check.h"
#include <setjmp.h>
static sigjmp_buf back;
static void handler(int number) { siglongjmp(back, number); }
int main(void)
{
	MUST(mkfifo("fifo", 0644));
	stack_t stack = { .ss_sp = malloc(65536), .ss_size = 65536 };
	MUST(sigaltstack(&stack, NULL));
	for (int kind = 0; kind < 2; kind++) {
		struct sigaction act = { .sa_handler = handler, .sa_flags = kind ? SA_ONSTACK : 0 };
		MUST(sigaction(SIGALRM, &act, NULL));
		for (volatile int i = 0; i < 1500; i++) {
			struct itimerval once = { .it_value = { 0, 300 } };
			if (!sigsetjmp(back, 1)) {
				MUST(setitimer(ITIMER_REAL, &once, NULL));
				open("/work/fifo", O_RDONLY);
				fail("the open returned");
			}
			if (!exists("/etc/marker")) fail("stat after round %d", i);
		}
	}
	return pass();
}
