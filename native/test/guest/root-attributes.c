/* Emulated root sets, reads, lists and removes attributes of the classes that are root's. */
// identity: root
#include "check.h"
#include <sys/xattr.h>
static int listed(const char *path, const char *name)
{
	char list[4096];
	ssize_t n = MUST(listxattr(path, list, sizeof list));
	CHECK(n == listxattr(path, NULL, 0));
	for (char *p = list; p < list + n; p += strlen(p) + 1)
		if (!strcmp(p, name)) return 1;
	return 0;
}
int main(void)
{
	char value[64];
	static const unsigned char capability[20] = { 1, 0, 0, 2, 0, 32 };
	put("f", "x");
	if (setxattr("f", "user.probe", "1", 1, 0) == -1 && errno == ENOTSUP) skip("this file system has no user attributes");
	MUST(setxattr("f", "security.capability", capability, sizeof capability, 0));
	CHECK(getxattr("f", "security.capability", value, sizeof value) >= (ssize_t)sizeof capability);
	CHECK(listed("f", "security.capability"));
	CHECK(listed("f", "user.probe"));
	MUST(setxattr("/work/f", "trusted.overlay.opaque", "y", 1, XATTR_CREATE));
	FAILS(EEXIST, setxattr("f", "trusted.overlay.opaque", "y", 1, XATTR_CREATE));
	int fd = (int)MUST(open("f", O_RDWR));
	CHECK(fgetxattr(fd, "trusted.overlay.opaque", value, sizeof value) == 1 && value[0] == 'y');
	MUST(fsetxattr(fd, "trusted.two", "22", 2, 0));
	CHECK(lgetxattr("f", "trusted.two", value, sizeof value) == 2);
	MUST(fremovexattr(fd, "trusted.two"));
	FAILS(ENODATA, getxattr("f", "trusted.two", value, sizeof value));
	CHECK(!listed("f", "trusted.two"));
	MUST(removexattr("f", "security.capability"));
	CHECK(!listed("f", "security.capability"));
	FAILS(ERANGE, listxattr("f", value, 3));
	IN_CHILD(0, { MUST(setuid(77)); FAILS(EPERM, setxattr("f", "trusted.three", "1", 1, 0)); });
	return pass();
}
