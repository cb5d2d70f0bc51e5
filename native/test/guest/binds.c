/* Directories and files bound into the tree: nested ones, `..` out of them, links through them, absent mount points, EBUSY and EXDEV. */
#include "check.h"
static int listed(const char *dir, const char *name)
{
	DIR *d = opendir(dir);
	int found = 0;
	if (!d) fail("cannot list %s", dir);
	for (struct dirent *e; (e = readdir(d));) if (!strcmp(e->d_name, name)) found += e->d_type == DT_DIR || e->d_type == DT_REG || e->d_type == DT_UNKNOWN;
	closedir(d);
	return found;
}
int main(void)
{
	struct stat a, b;
	SAME("rw\n", get("/mnt/rw/marker"));
	SAME("nested\n", get("/mnt/rw/nested/marker"));
	SAME("file\n", get("/mnt/file"));
	SAME("absent\n", get("/mnt/absent/deep/point/marker"));
	SAME("guest\n", get("/mnt/rw/to-root"));
	SAME("guest\n", get("/mnt/rw/up"));
	SAME("rw\n", get("/mnt/rw/inside"));
	SAME("rw\n", get("/links/bind/marker"));
	SAME("nested\n", get("/links/bind/nested/marker"));
	SAME("guest\n", get("/mnt/rw/../../etc/marker"));
	SAME("rw\n", get("/mnt/rw/nested/../marker"));
	SAME("guest\n", get("/mnt/absent/deep/point/../../../../etc/marker"));
	CHECK(listed("/mnt", "rw") == 1);
	CHECK(listed("/mnt", "absent") == 1);
	CHECK(listed("/mnt/absent", "deep") == 1);
	CHECK(listed("/mnt/absent/deep", "point") == 1);
	CHECK(listed("/mnt/rw", "nested") == 1);
	CHECK(listed("/mnt", "file") == 1);
	int d = (int)MUST(open("/mnt/rw", O_RDONLY | O_DIRECTORY));
	MUST(fstatat(d, "nested/marker", &a, 0));
	MUST(fstatat(d, "../../etc/marker", &b, 0));
	CHECK(b.st_size == 6);
	MUST(fstatat(d, "..", &a, 0));
	MUST(stat("/mnt", &b));
	CHECK(a.st_ino == b.st_ino);
	d = (int)MUST(openat(d, "nested", O_PATH | O_DIRECTORY));
	MUST(fstatat(d, "../marker", &a, 0));
	MUST(stat("/mnt/rw/marker", &b));
	CHECK(a.st_ino == b.st_ino);
	d = (int)MUST(open("/mnt", O_PATH | O_DIRECTORY));
	MUST(fstatat(d, "rw", &a, 0));
	MUST(stat("/mnt/rw", &b));
	CHECK(a.st_ino == b.st_ino);
	MUST(fstatat(d, "file", &a, AT_SYMLINK_NOFOLLOW));
	CHECK(a.st_size == 5);
	MUST(chdir("/mnt"));
	MUST(stat("rw", &a));
	CHECK(a.st_ino == b.st_ino);
	MUST(stat("./rw/nested", &a));
	MUST(stat("rw/nested", &b));
	CHECK(a.st_ino == b.st_ino);
	SAME("file\n", get("file"));
	MUST(chdir("rw"));
	SAME("nested\n", get("nested/marker"));
	MUST(chdir("nested"));
	SAME("rw\n", get("../marker"));
	put("/mnt/rw/new", "new\n");
	SAME("new\n", get("/links/bind/new"));
	MUST(rename("/mnt/rw/new", "/mnt/rw/renamed"));
	MUST(unlink("/mnt/rw/renamed"));
	put("/mnt/file", "changed\n");
	SAME("changed\n", get("/mnt/file"));
	FAILS(EBUSY, rmdir("/mnt/rw/nested"));
	FAILS(EBUSY, rename("/mnt/rw/nested", "/mnt/rw/other"));
	FAILS(EBUSY, unlink("/mnt/file"));
	FAILS(EBUSY, rename("/mnt/file", "/mnt/other"));
	put("/mnt/rw/x", "x");
	FAILS(EXDEV, rename("/mnt/rw/x", "/work/x"));
	FAILS(EXDEV, link("/mnt/rw/x", "/work/x"));
	FAILS(EXDEV, rename("/mnt/rw/x", "/mnt/rw/nested/x"));
	put("/mnt/y", "y");
	FAILS(EXDEV, rename("/mnt/rw/x", "/mnt/file"));
	FAILS(EXDEV, rename("/mnt/y", "/mnt/rw/y"));
	FAILS(EBUSY, rename("/mnt/y", "/mnt/file"));
	FAILS(EEXIST, mkdir("/mnt/rw", 0755));
	FAILS(EEXIST, mkdir("/mnt/absent/deep/point", 0755));
	return pass();
}
