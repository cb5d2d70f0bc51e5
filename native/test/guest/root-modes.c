/* Emulated root reads and writes what the mode forbids, and modes (with setuid, setgid, sticky) are told as they were set. */
// identity: root
#include "check.h"
static void mode(const char *path, unsigned wanted) { struct stat st; MUST(stat(path, &st)); if ((st.st_mode & 07777) != wanted) fail("mode of %s is %o, wanted %o", path, st.st_mode & 07777, wanted); }
int main(void)
{
	umask(0);
	put("f", "text\n");
	MUST(chmod("f", 0));
	mode("f", 0);
	SAME("text\n", get("f"));
	put("f", "more\n");
	SAME("more\n", get("f"));
	mode("f", 0);
	MUST(access("f", R_OK | W_OK));
	FAILS(EACCES, access("f", X_OK));
	MUST(mkdir("d", 0));
	mode("d", 0);
	put("d/x", "in\n");
	SAME("in\n", get("d/x"));
	MUST(mkdir("d/sub", 0500));
	put("d/sub/y", "y");
	mode("d/sub", 0500);
	MUST(unlink("d/sub/y"));
	MUST(rmdir("d/sub"));
	MUST(rename("d/x", "x"));
	DIR *dir = opendir("d");
	CHECK(dir && readdir(dir));
	closedir(dir);
	MUST(chmod("d", 0555));
	put("d/z", "z");
	MUST(unlink("d/z"));
	MUST(chmod("f", 04755));
	mode("f", 04755);
	MUST(chmod("f", 02711));
	mode("f", 02711);
	MUST(chmod("d", 01777));
	mode("d", 01777);
	MUST(chmod("d", 03770));
	mode("d", 03770);
	MUST(chmod("d", 0700));
	mode("d", 0700);
	int fd = (int)MUST(open("new", O_CREAT | O_EXCL | O_RDWR, 0));
	MUST(write(fd, "1", 1));
	mode("new", 0);
	MUST(fchmod(fd, 0444));
	mode("new", 0444);
	close(fd);
	fd = (int)MUST(open("new", O_RDWR));
	close(fd);
	MUST(truncate("new", 0));
	fd = (int)MUST(creat("wo", 0222));
	close(fd);
	SAME("", get("wo"));
	IN_CHILD(0, mode("f", 02711));
	return pass();
}
