/* A signal that an emulated process sends itself has met its handler when kill(2) returns; masks, stacks and jumps out of
 * the handler are as ever. */
// identity: root
#include "check.h"
#include <setjmp.h>
#include <ucontext.h>
static volatile sig_atomic_t got, inner, value, on_stack, by, sender, code;
static char stack[1 << 16];
static sigjmp_buf back;
static uint64_t mask_in_frame;
static void on(int number, siginfo_t *info, void *frame)
{
	got = number;
	by = (int)syscall(SYS_gettid); sender = (int)info->si_uid; code = info->si_code;
	value = info->si_value.sival_int;
	memcpy(&mask_in_frame, &((ucontext_t *)frame)->uc_sigmask, sizeof mask_in_frame);
	char here;
	on_stack = &here > stack && &here < stack + sizeof stack;
}
static void nesting(int number) { got = number; MUST(kill(getpid(), SIGUSR2)); inner = got; got = number; }
static void jumping(int number) { siglongjmp(back, number); }
static void install(int number, void (*handler)(int, siginfo_t *, void *), int flags)
{
	struct sigaction a = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags };
	MUST(sigaction(number, &a, NULL));
}
static uint64_t mask(void) { uint64_t now; MUST(syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &now, 8)); return now; }
static int queue(int number)
{
	siginfo_t info = { .si_code = SI_QUEUE };
	info.si_pid = getpid(); info.si_uid = getuid(); info.si_value.sival_int = 77;
	return (int)syscall(SYS_rt_sigqueueinfo, getpid(), number, &info);
}
static void *sleeper(void *number) { while (pause()) { } return number; }
static void *taker(void *set) { int number = 0; sigwait(set, &number); return (void *)(long)number; }
int main(void)
{
	pid_t self = getpid();
	uint64_t before;
	sigset_t set;
	double sum = 0;
	for (int as = 0; as < 2; as++) {
		if (as) { MUST(setresgid(500, 500, 500)); MUST(setresuid(500, 500, 500)); }
		install(SIGUSR1, on, 0); install(SIGUSR2, on, 0); install(SIGTERM, on, 0); install(SIGSEGV, on, 0);
		before = mask();
		for (int i = 0; i < 300; i++) {	/* many, so that the site is rewritten */
			got = 0; sum += i * 0.5;
			MUST(kill(self, SIGUSR1)); CHECK(got == SIGUSR1 && mask_in_frame == before);
			got = 0; MUST(syscall(SYS_tgkill, self, self, SIGTERM)); CHECK(got == SIGTERM);
			got = 0; MUST(queue(SIGUSR2)); CHECK(got == SIGUSR2 && value == 77);
			got = 0; MUST(kill(self, SIGSEGV)); CHECK(got == SIGSEGV);
			got = 0; MUST(queue(SIGSEGV)); CHECK(got == SIGSEGV);
			got = 0; MUST(kill(self, 0)); CHECK(!got);
			FAILS(EINVAL, kill(self, 70));
			CHECK(mask() == before);
		}
		CHECK(sum == (as + 1) * 0.5 * 300 * 299 / 2);
		/* blocked: it waits */
		sigemptyset(&set); sigaddset(&set, SIGUSR1);
		MUST(sigprocmask(SIG_BLOCK, &set, NULL));
		got = 0; MUST(kill(self, SIGUSR1)); CHECK(!got);
		sigset_t waiting; MUST(sigpending(&waiting)); CHECK(sigismember(&waiting, SIGUSR1));
		MUST(sigprocmask(SIG_UNBLOCK, &set, NULL)); CHECK(got == SIGUSR1); CHECK(mask() == before);
		/* ignored, by default or not */
		signal(SIGUSR2, SIG_IGN); MUST(kill(self, SIGUSR2)); MUST(kill(self, SIGWINCH)); MUST(kill(self, SIGCONT)); CHECK(mask() == before);
		/* one handler in the other */
		install(SIGUSR2, on, 0); signal(SIGUSR1, nesting); inner = 0; MUST(kill(self, SIGUSR1)); CHECK(inner == SIGUSR2 && got == SIGUSR1); CHECK(mask() == before);
		/* on the alternate stack, and from there */
		stack_t alternate = { .ss_sp = stack, .ss_size = sizeof stack }, old;
		MUST(sigaltstack(&alternate, NULL));
		install(SIGUSR2, on, SA_ONSTACK);
		struct sigaction a = { .sa_handler = nesting, .sa_flags = SA_ONSTACK };
		MUST(sigaction(SIGUSR1, &a, NULL));
		inner = 0; MUST(kill(self, SIGUSR1)); CHECK(inner == SIGUSR2 && on_stack); CHECK(mask() == before);
		MUST(sigaltstack(NULL, &old)); CHECK(old.ss_sp == stack && !old.ss_flags);
		/* out of the handler */
		signal(SIGUSR1, jumping);
		for (volatile int i = 0; i < 50; i++)
			if (!sigsetjmp(back, 1)) { kill(self, SIGUSR1); fail("the handler returned"); }
		CHECK(mask() == before);
		/* a thread that waits for it */
		pthread_t thread; void *taken;
		MUST(sigprocmask(SIG_BLOCK, &set, NULL));
		CHECK(!pthread_create(&thread, NULL, taker, &set)); MUST(kill(self, SIGUSR1)); CHECK(!pthread_join(thread, &taken)); CHECK((long)taken == SIGUSR1);
		MUST(sigprocmask(SIG_UNBLOCK, &set, NULL));
		/* other threads that would take it: it is the first one's that called */
		install(SIGUSR1, on, 0);
		MUST(pthread_create(&thread, NULL, sleeper, NULL) ? -1 : 0);
		for (int i = 0; i < 100; i++) { got = 0; MUST(kill(self, SIGUSR1)); CHECK(got == SIGUSR1 && by == self && code == SI_USER && sender == (int)getuid()); }
		for (int i = 0; i < 100; i++) { got = 0; MUST(queue(SIGUSR1)); CHECK(got == SIGUSR1 && by == self && code == SI_QUEUE && value == 77); }
		pthread_cancel(thread); pthread_join(thread, NULL);
		/* ends and stops */
		int status;
		pid_t child = (pid_t)MUST(fork());
		if (!child) { signal(SIGTERM, SIG_DFL); kill(getpid(), SIGTERM); _exit(1); }
		status = reap(child); CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
		child = (pid_t)MUST(fork());
		if (!child) { kill(getpid(), SIGSTOP); _exit(3); }
		MUST(waitpid(child, &status, WUNTRACED)); CHECK(WIFSTOPPED(status)); MUST(kill(child, SIGCONT));
		status = reap(child); CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 3);
		child = vfork();
		if (!child) { kill(getpid(), SIGKILL); _exit(1); }
		status = reap(child); CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		stack_t none = { .ss_flags = SS_DISABLE }; MUST(sigaltstack(&none, NULL));
	}
	return pass();
}
