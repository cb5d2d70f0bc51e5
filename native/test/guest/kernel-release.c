/* The kernel release of the plan is what uname tells, also in children. */
// native: no
// plan: kernel 4.19.0-emulated
#include "check.h"
#include <sys/utsname.h>
int main(void)
{
	struct utsname u;
	MUST(uname(&u)); SAME("4.19.0-emulated", u.release); SAME("x86_64", u.machine);
	IN_CHILD(0, { uname(&u); SAME("4.19.0-emulated", u.release); });
	return pass();
}
