/* Random numbers, paths and the log. */
#include "fuzz.h"
#include <stdarg.h>

static char line[1 << 16];
static size_t used;

uint64_t next(struct random *r)
{
	uint64_t z = (r->state += 0x9e3779b97f4a7c15u);
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

unsigned below(struct random *r, unsigned limit) { return (unsigned)((next(r) >> 16) % limit); }
int percent(struct random *r, unsigned chance) { return below(r, 100) < chance; }
int some_slot(struct random *r) { return FIRST_SLOT + (int)below(r, SLOTS); }

int some_dirfd(struct random *r)
{
	unsigned n = below(r, 100);
	return n < 60 ? AT_FDCWD : n < 97 ? some_slot(r) : 99;
}

static const char *component(struct random *r)
{
	static const char *const names[] = { "a", "b", "c", "d", "e" };
	static const char *const links[] = { "l0", "l1", "l2", "l3", "l4", "l5" };
	static const char *const mounts[] = { "rw", "ro", "in", "file", "rofile", "absent", "point", "rw", "ro", "in" };
	static char name_255[256], name_256[257];
	unsigned n = below(r, 1000);
	if (n < 540) return names[below(r, 5)];
	if (n < 690) return links[below(r, 6)];
	if (n < 800) return "..";
	if (n < 840) return ".";
	if (n < 970) return mounts[below(r, 10)];
	if (n < 980) return "f";
	if (n < 985) return memset(name_255, 'L', 255);
	if (n < 990) return memset(name_256, 'M', 256);
	return "";
}

void some_path(struct random *r, char *out)
{
	unsigned n = below(r, 1000), parts = below(r, percent(r, 75) ? 4 : 7);
	char *at = out;
	*at = 0;
	if (n < 300) at += sprintf(at, "/f");
	else if (n < 340) at += sprintf(at, "/");
	else if (n < 350) at += sprintf(at, "/../f");
	else if (n < 370) at += sprintf(at, "/proc/self/cwd");
	else if (n < 385) at += sprintf(at, "/proc/self/root/f");
	else if (n < 410) at += sprintf(at, "/proc/self/fd/%d", some_slot(r));
	else if (n < 415) { memset(at, '/', 4090); at += 4090; at += sprintf(at, "f/a/b" + below(r, 3)); return; }
	else if (n < 425) return;
	else if (n < 440) parts += below(r, 20);
	if (at == out && !parts) parts = 1;
	for (unsigned i = 0; i < parts; i++) {
		if (at > out && at[-1] != '/') *at++ = '/';
		at += sprintf(at, "%s", component(r));
	}
	if (percent(r, 6)) { *at++ = '/'; *at = 0; }
}

void say(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int n = vsnprintf(line + used, sizeof line - used, format, args);
	va_end(args);
	if (n > 0) used += (size_t)n < sizeof line - used ? (size_t)n : sizeof line - used - 1;
}

void say_path(const char *path)
{
	size_t length = strlen(path);
	if (length < 200) say("\"%s\"", path);
	else say("\"%.40s...%s\"(%zu)", path, path + length - 40, length);
}

void say_result(long result)
{
	if (result < 0) say(" = -1 %s", errno_name(errno));
	else say(" = %ld", result);
}

void flush_line(void)
{
	if (used >= sizeof line - 1) used = sizeof line - 2;
	line[used++] = '\n';
	for (size_t done = 0; done < used;) {
		ssize_t n = write(1, line + done, used - done);
		if (n < 0) _exit(3);
		done += (size_t)n;
	}
	used = 0;
}

const char *errno_name(int number)
{
	static char room[16];
	const char *name = strerrorname_np(number);
	if (name) return name;
	snprintf(room, sizeof room, "E%d", number);
	return room;
}

/* Neither inode numbers nor sizes of directories: two trees may differ in those. Times only when they were set. */
void say_stat(const struct stat *st)
{
	say(" {%06o n%ld %d:%d", st->st_mode, (long)st->st_nlink, st->st_uid, st->st_gid);
	if (!S_ISDIR(st->st_mode)) say(" s%ld", (long)st->st_size);
	if (st->st_mtime < 100000) say(" m%ld", (long)st->st_mtime);
	if (st->st_rdev) say(" r%lx", (long)st->st_rdev);
	say("}");
}
