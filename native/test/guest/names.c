/* The host name of the plan is what uname and gethostname tell. */
// plan: hostname box.example
#include "check.h"
#include <sys/utsname.h>
int main(void)
{
	struct utsname u;
	char name[64];
	MUST(uname(&u));
	SAME("box.example", u.nodename);
	MUST(gethostname(name, sizeof name));
	SAME("box.example", name);
	SAME("Linux", u.sysname);
	SAME("box.example\n", get("/proc/sys/kernel/hostname"));
	IN_CHILD(0, { uname(&u); SAME("box.example", u.nodename); });
	return pass();
}
