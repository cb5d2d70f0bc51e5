/* Devices made by emulated root are listed with their types, as find -type and ls --color want them. */
// identity: root
#include "check.h"
#include <sys/sysmacros.h>
static int type_of(const char *directory, const char *name)
{
	struct dirent *entry;
	int type = -1;
	DIR *d = opendir(directory);
	CHECK(d);
	while ((entry = readdir(d))) if (!strcmp(entry->d_name, name)) type = entry->d_type;
	closedir(d);
	return type;
}
#ifdef SYS_getdents
struct old_entry { unsigned long inode, offset; unsigned short length; char name[]; };
static int old_type_of(const char *directory, const char *name)
{
	char list[8192];
	int type = -1, fd = (int)MUST(open(directory, O_RDONLY | O_DIRECTORY));
	long n = MUST(syscall(SYS_getdents, fd, list, sizeof list));
	for (long at = 0; at < n; at += ((struct old_entry *)(list + at))->length) {
		struct old_entry *entry = (struct old_entry *)(list + at);
		if (!strcmp(entry->name, name)) type = list[at + entry->length - 1];
	}
	close(fd);
	return type;
}
#endif
int main(void)
{
	MUST(mkdir("/work/d", 0755));
	put("/work/d/plain", "x");
	CHECK(type_of("/work/d", "plain") == DT_REG);
	MUST(mknod("/work/d/character", S_IFCHR | 0600, makedev(1, 3)));
	MUST(mknod("/work/d/block", S_IFBLK | 0600, makedev(7, 0)));
	MUST(mknod("/work/d/pipe", S_IFIFO | 0600, 0));
	MUST(mknod("/work/d/empty", S_IFREG | 0600, 0));
	MUST(symlink("character", "/work/d/link"));
	MUST(link("/work/d/character", "/work/d/second"));
	for (int i = 0; i < 2; i++) {	/* the second time by another name for the directory, and other inodes */
		const char *d = i ? "/work/e" : "/work/d";
		CHECK(type_of(d, "character") == DT_CHR && type_of(d, "second") == DT_CHR && type_of(d, "block") == DT_BLK);
		CHECK(type_of(d, "plain") == DT_REG && type_of(d, "empty") == DT_REG && type_of(d, "pipe") == DT_FIFO && type_of(d, "link") == DT_LNK);
#ifdef SYS_getdents
		CHECK(old_type_of(d, "character") == DT_CHR && old_type_of(d, "block") == DT_BLK && old_type_of(d, "plain") == DT_REG);
#endif
		if (!i) MUST(rename("/work/d", "/work/e"));
	}
	MUST(unlink("/work/e/block"));
	put("/work/e/block", "");
	CHECK(type_of("/work/e", "block") == DT_REG);
	return pass();
}
