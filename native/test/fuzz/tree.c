/* The tree under /f: emptied, filled the same way for the same seed, and written to the log at the end. */
#include "fuzz.h"
#include <dirent.h>

/* Mounts and mount points stay; everything else of a former seed goes. Strangers have no mounts. */
static int is_mount(int dir, const char *name)
{
	char link[64], path[4096];
	if (getenv("FUZZ_STRANGERS")) return 0;
	snprintf(link, sizeof link, "/proc/self/fd/%d", dir);
	ssize_t n = readlink(link, path, sizeof path - 300);
	if (n < 0) return 0;
	path[n] = 0;
	strcat(path, "/");
	strcat(path, name);
	static const char *const mounts[] = { "/f/rw", "/f/ro", "/f/file", "/f/rofile", "/f/rw/in", "/f/absent", "/f/absent/point" };
	for (size_t i = 0; i < sizeof mounts / sizeof *mounts; i++) if (!strcmp(path, mounts[i])) return 1;
	return 0;
}

static void empty(int dir)
{
	char names[512][256];
	int count = 0;
	fchmod(dir, 0755);
	DIR *list = fdopendir(dup(dir));
	if (!list) return;
	for (struct dirent *e; (e = readdir(list)) && count < 512;)
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..")) strcpy(names[count++], e->d_name);
	closedir(list);
	for (int i = 0; i < count; i++) {
		struct stat st;
		if (fstatat(dir, names[i], &st, AT_SYMLINK_NOFOLLOW)) continue;
		if (S_ISDIR(st.st_mode)) {
			if (!is_mount(dir, names[i])) fchmodat(dir, names[i], 0755, 0);
			int sub = openat(dir, names[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
			if (sub >= 0) { empty(sub); close(sub); }
		}
		if (!is_mount(dir, names[i])) unlinkat(dir, names[i], S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0);
	}
}

void clean_root(void)
{
	static const char *const kept[] = { ".", "..", "f", "proc", "dev", "etc", "fuzz" };
	char name[256];
	struct stat st;
	chmod("/", 0755);
	if (lstat("/f", &st) || !S_ISDIR(st.st_mode)) unlink("/f");
	mkdir("/f", 0755);
	chown("/f", 0, 0);
	for (int again = 1; again;) {
		DIR *list = opendir("/");
		again = 0;
		for (struct dirent *e; list && !again && (e = readdir(list));) {
			again = 1;
			for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) if (!strcmp(e->d_name, kept[i])) again = 0;
			strcpy(name, e->d_name);
		}
		if (list) closedir(list);
		if (!again) break;
		if (chdir("/") || lstat(name, &st)) break;
		if (S_ISDIR(st.st_mode)) {
			chmod(name, 0755);
			int dir = open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
			if (dir >= 0) { empty(dir); close(dir); }
		}
		if (unlinkat(AT_FDCWD, name, S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0)) { say("set-up: cannot remove /%s: %s;", name, errno_name(errno)); break; }
	}
}

int moving_mount = -1;

void holder_of_mount(char *path)
{
	char link[64];
	snprintf(link, sizeof link, "/proc/self/fd/%d", moving_mount);
	ssize_t n = moving_mount < 0 ? -1 : readlink(link, path, 4000);
	strcpy(path + (n < 0 ? 0 : n), n < 0 ? "/f/absent/point" : "");
	*strrchr(path, '/') = 0;
}

/* The mount back to where it was. */
static void move_back(void)
{
	char path[4200];
	if (moving_mount < 0) moving_mount = fcntl(open("/f/absent/point", O_PATH | O_DIRECTORY), F_DUPFD, 70);
	holder_of_mount(path);
	if (!strcmp(path, "/f/absent")) return;
	for (char *at = path + 1; (at = strchr(at, '/')); *at++ = '/') { *at = 0; chmod(path, 0755); }
	struct stat st;
	if (!lstat("/f/absent", &st)) {
		rename("/f/absent", "/f/in-the-way");	/* it may be above what is sought */
		holder_of_mount(path);
	}
	if (rename(path, "/f/absent")) say("set-up: cannot move %s back: %s;", path, errno_name(errno));
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_NOFOLLOW, 0644);
	if (fd < 0 || write(fd, text, strlen(text)) < 0) say("set-up: cannot write %s: %s;", path, errno_name(errno));
	close(fd);
}

void open_mounts(void)
{
	static const char *const places[] = { "/f", "/f/rw", "/f/rw/in", "/f/absent", "/f/absent/point" };
	chmod("/f", 0755);
	if (!getenv("FUZZ_STRANGERS")) move_back();
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) chmod(places[i], 0755);
}

/* What the mounts are for others. */
static void make_stand_ins(void)
{
	static const char *const dirs[] = { "/f/rw", "/f/rw/in", "/f/ro", "/f/absent", "/f/absent/point" };
	for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) mkdir(dirs[i], 0755);
	put("/f/rofile", "");
}

void clean_tree(void)
{
	open_mounts();
	int dir = open("/f", O_RDONLY | O_DIRECTORY);
	if (dir < 0) { say("set-up: cannot open /f: %s", errno_name(errno)); return; }
	empty(dir);
	close(dir);
	if (getenv("FUZZ_STRANGERS")) make_stand_ins();
	chmod("/f/file", 0644);
	put("/f/file", "file");
}

void make_tree(struct random *r)
{
	static const char *const dirs[] = { "/f/a", "/f/b", "/f/a/b", "/f/a/b/c", "/f/rw/a", "/f/rw/b", "/f/rw/in/a", "/f/absent/point/a" };
	static const char *const files[] = { "/f/c", "/f/a/c", "/f/a/b/d", "/f/rw/c", "/f/rw/a/d", "/f/rw/in/c", "/f/absent/point/c" };
	static const char *const homes[] = { "/f", "/f", "/f/a", "/f/a/b", "/f/rw", "/f/rw/in" };
	char target[PATH_ROOM], path[64];
	for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++)
		if (mkdir(dirs[i], 0755)) say("set-up: cannot make %s: %s;", dirs[i], errno_name(errno));
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) put(files[i], files[i]);
	for (unsigned i = 0; i < 9; i++) {
		some_path(r, target);
		if (!*target || strlen(target) > 300) strcpy(target, "/f/a");
		snprintf(path, sizeof path, "%s/l%u", homes[below(r, 6)], i % 6);
		symlink(target, path);
	}
}

void give_tree(struct random *r)
{
	static const char *const paths[] = { "/f", "/f/a", "/f/b", "/f/a/b", "/f/a/b/c", "/f/rw", "/f/rw/a", "/f/rw/in", "/f/rw/in/a", "/f/ro", "/f/absent", "/f/absent/point",
		"/f/c", "/f/a/c", "/f/a/b/d", "/f/rw/c", "/f/rw/a/d", "/f/rw/in/c", "/f/file", "/f/rofile", "/f/l0", "/f/l1", "/f/a/l2", "/f/a/l3" };
	static const uid_t owners[] = { 0, 0, 2000, 2001 };
	static const gid_t groups[] = { 0, 2000, 300, 301 };
	static const mode_t modes[] = { 0755, 0755, 0777, 01777, 0775, 0750, 0711, 0700, 0644, 0640, 0604, 0600, 0 };
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		struct stat st;
		if (percent(r, 30) || lstat(paths[i], &st)) continue;
		lchown(paths[i], owners[below(r, 4)], groups[below(r, 4)]);
		if (!S_ISLNK(st.st_mode) && percent(r, 70)) chmod(paths[i], modes[below(r, 13)]);
	}
	if (percent(r, 80)) chmod("/f", 01777);
}

static int by_name(const void *a, const void *b) { return strcmp(a, b); }

static void dump(int dir, const char *path, int depth)
{
	static char pool[64][512][256];
	int count = 0;
	char text[4096], below_path[4096];
	if (depth >= 64) return;
	DIR *list = fdopendir(dup(dir));
	if (!list) return;
	for (struct dirent *e; (e = readdir(list)) && count < 512;)
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..")) strcpy(pool[depth][count++], e->d_name);
	closedir(list);
	qsort(pool[depth], (size_t)count, 256, by_name);
	for (int i = 0; i < count; i++) {
		const char *name = pool[depth][i];
		struct stat st;
		snprintf(below_path, sizeof below_path, "%.3000s/%s", path, name);
		say("tree ");
		say_path(below_path);
		if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW)) { say_result(-1); flush_line(); continue; }
		say_stat(&st);
		if (S_ISLNK(st.st_mode)) {
			ssize_t n = readlinkat(dir, name, text, sizeof text - 1);
			text[n < 0 ? 0 : n] = 0;
			say(" -> ");
			say_path(text);
		}
		if (S_ISREG(st.st_mode)) {
			int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW);
			ssize_t n = fd < 0 ? -1 : read(fd, text, 40);
			if (n >= 0) say(" %.*s", (int)n, text);
			if (fd >= 0) close(fd);
		}
		flush_line();
		if (!S_ISDIR(st.st_mode)) continue;
		int sub = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
		if (sub >= 0) { dump(sub, below_path, depth + 1); close(sub); }
	}
}

void dump_tree(void)
{
	int dir = open("/f", O_RDONLY | O_DIRECTORY);
	if (dir >= 0) dump(dir, "/f", 0);
	close(dir);
}
