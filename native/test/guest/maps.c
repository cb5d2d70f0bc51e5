/* Every file named in /proc/self/maps (and smaps, map_files) is a file of the guest's tree, and the program itself is there. */
#include "check.h"
static void look(const char *file, const char *self)
{
	FILE *maps = fopen(file, "r");
	char line[8192];
	int found = 0, lines = 0;
	if (!maps) fail("cannot open %s", file);
	while (fgets(line, sizeof line, maps)) {
		line[strcspn(line, "\n")] = 0;
		char *path = strchr(line, '/');
		lines++;
		if (!path || strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ", line[0])) continue;
		if (!exists(path)) fail("%s names %s, which the guest does not have", file, path);
		found += !strcmp(path, self);
	}
	fclose(maps);
	if (!found || lines < 5) fail("%s does not name %s", file, self);
}
int main(int argc, char **argv)
{
	char other[64];
	look("/proc/self/maps", argv[0]);
	look("/proc/self/smaps", argv[0]);
	snprintf(other, sizeof other, "/proc/%d/maps", getpid());
	look(other, argv[0]);
	int fd = (int)MUST(open("/proc/self", O_RDONLY | O_DIRECTORY));
	CHECK(fd >= 0);
	fd = (int)MUST(openat(fd, "maps", O_RDONLY));
	/* seeking and reading by pieces agree with reading at once */
	char whole[65536], piece[7];
	ssize_t total = 0, n;
	while ((n = read(fd, whole + total, sizeof whole - (size_t)total)) > 0) total += n;
	MUST(lseek(fd, 0, SEEK_SET));
	CHECK(read(fd, piece, 7) == 7 && !memcmp(piece, whole, 7));
	return pass();
}
