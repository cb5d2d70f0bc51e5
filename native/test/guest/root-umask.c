/* Files are given away, more than the first table of owners has room for, by a program whose umask leaves nothing: who
 * they belong to is known to it, and to the programs it starts. */
// variants: static
// identity: root
// args: first
#include "check.h"
enum { FILES = 2600 };
static void look(int i)
{
	struct stat st;
	char name[32];
	sprintf(name, "/work/f%d", i);
	if (stat(name, &st)) fail("stat %s", name);
	if (st.st_uid != (uid_t)i + 7 || (st.st_mode & 0777)) fail("%s belongs to %u, mode %o", name, st.st_uid, st.st_mode);
}
int main(int argc, char **argv)
{
	char name[32];
	if (argc > 1 && !strcmp(argv[1], "second")) {
		for (int i = 0; i < FILES; i++) look(i);
		return 0;
	}
	umask(0777);
	for (int i = 0; i < FILES; i++) {
		sprintf(name, "/work/f%d", i);
		close((int)MUST(open(name, O_CREAT | O_WRONLY | O_EXCL, 0666)));
		MUST(chown(name, (uid_t)i + 7, 8));
		look(i);
	}
	IN_CHILD(0, execl("/proc/self/exe", "root-umask", "second", NULL));
	return pass();
}
