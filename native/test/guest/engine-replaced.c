/* The engine's file gets another name, its name another file, and then it is removed: programs go on to start. */
// native: no
// engine: bound
#include "check.h"
#define ENGINE "/mnt/rw/engine"
static void start(char *self)
{
	IN_CHILD(0, execl(self, self, "again", NULL));
}
int main(int argc, char **argv)
{
	if (argc > 1) return 0;
	MUST(chdir("/mnt/rw"));
	MUST(access(ENGINE, X_OK));
	start(argv[0]);
	MUST(rename(ENGINE, "moved"));
	start(argv[0]);
	put(ENGINE, "#!/bin/false\n");
	MUST(chmod(ENGINE, 0755));
	start(argv[0]);
	MUST(unlink("moved"));
	start(argv[0]);
	MUST(unlink(ENGINE));
	start(argv[0]);
	return pass();
}
