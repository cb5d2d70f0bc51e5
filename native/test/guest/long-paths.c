/* PATH_MAX and NAME_MAX hold for the guest's own path, however long the host's prefix is. */
#include "check.h"
int main(void)
{
	char path[8192];
	struct stat st;
	memset(path, 'x', sizeof path);
	path[0] = '/';
	path[4095] = 0;
	FAILS(ENAMETOOLONG, stat(path, &st));
	path[255] = 0;
	memset(path, 'n', 255);
	put(path, "longest name\n");
	MUST(stat(path, &st));
	path[255] = 'n'; path[256] = 0;
	FAILS(ENAMETOOLONG, stat(path, &st));
	/* 4095 bytes of "/./././…/etc/marker" are legal, 4096 are not. */
	for (int i = 0; i < 4096; i++) path[i] = "/."[i % 2];
	strcpy(path + 4096 - 1 - 11 - 1, "//etc/marker");
	CHECK(strlen(path) == 4095);
	MUST(stat(path, &st));
	for (int i = 0; i < 4096; i++) path[i] = "/."[i % 2];
	strcpy(path + 4096 - 12, "//etc/marker");
	CHECK(strlen(path) == 4096);
	FAILS(ENAMETOOLONG, stat(path, &st));
	/* A directory deeper than PATH_MAX: relative calls and fchdir go on working there. */
	char name[201];
	memset(name, 'd', 200);
	name[200] = 0;
	for (int i = 0; i < 30; i++) { MUST(mkdir(name, 0755)); MUST(chdir(name)); }
	put("deep", "deep\n");
	MUST(stat("deep", &st));
	MUST(stat("./deep", &st));
	FAILS(ENAMETOOLONG, syscall(SYS_getcwd, path, sizeof path));
	int fd = (int)MUST(open(".", O_RDONLY | O_DIRECTORY));
	MUST(chdir("/"));
	MUST(fstatat(fd, "deep", &st, 0));
	MUST(fchdir(fd));
	MUST(unlink("deep"));
	for (int i = 0; i < 30; i++) { MUST(chdir("..")); MUST(rmdir(name)); }
	CHECK(getcwd(path, sizeof path));
	SAME("/work", path);
	return pass();
}
