/* The kernel release of the plan is what uname tells, also in children. */
// native: no
// plan: kernel 4.19.0-emulated
#include "check.h"
#include <sys/utsname.h>
#if defined __aarch64__
#define MACHINE "aarch64"
#else
#define MACHINE "x86_64"
#endif
int main(void)
{
	struct utsname u;
	MUST(uname(&u)); SAME("4.19.0-emulated", u.release); SAME(MACHINE, u.machine);
	IN_CHILD(0, { uname(&u); SAME("4.19.0-emulated", u.release); });
	return pass();
}
