/* NULL and empty argument vectors: Linux passes one empty argument. */
#include "check.h"
int main(int argc, char **argv)
{
	if (argc && !argv[0][0]) { CHECK(argc == 1); return 0; }
	char *const none[] = { NULL };
	char self[PATH_MAX];
	strcpy(self, argv[0]);
	IN_CHILD(0, syscall(SYS_execve, self, none, none));
	IN_CHILD(0, syscall(SYS_execve, self, NULL, NULL));
	return pass();
}
