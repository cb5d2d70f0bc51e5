/* A program starts with exactly the descriptors it was given, also after an exec; close_range over everything harms nothing. */
#include "check.h"
static void look(void)
{
	DIR *dir = opendir("/proc/self/fd");
	if (!dir) fail("opendir");
	int count = 0;
	for (struct dirent *entry; (entry = readdir(dir));) {
		if (entry->d_name[0] == '.') continue;
		if (atoi(entry->d_name) != dirfd(dir) && atoi(entry->d_name) > 2) fail("descriptor %s is open", entry->d_name);
		count++;
	}
	closedir(dir);
	CHECK(count == 4);
}
int main(int argc, char **argv)
{
	look();
	if (argc > 1) return 0;
	IN_CHILD(0, execl(argv[0], argv[0], "again", NULL));
	/* the next descriptor is the lowest free one */
	CHECK(open("/etc/marker", O_RDONLY) == 3);
	close(3);
	syscall(436, 3, ~0u, 0);
	CHECK(exists("/etc/marker"));
	for (int i = 3; i < 1024; i++) close(i);
	CHECK(exists("/links/dir/marker"));
	/* no descriptor may be needed to resolve a path */
	struct rlimit few = { 3, 3 };
	MUST(setrlimit(RLIMIT_NOFILE, &few));
	CHECK(exists("/etc/marker"));
	CHECK(exists("/links/dir/../links/dir/marker"));
	FAILS(EMFILE, open("/etc/marker", O_RDONLY));
	MUST(mkdir("made", 0755));
	MUST(chdir("made"));
	char cwd[64];
	SAME("/work/made", getcwd(cwd, sizeof cwd));
	IN_CHILD(0, struct rlimit now; getrlimit(RLIMIT_NOFILE, &now); if (now.rlim_cur != 3) _exit(1); if (!exists("/etc/marker")) _exit(2));
	return pass();
}
