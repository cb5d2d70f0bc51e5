/* Owners survive what happens to the processes that set them: killed at any moment, or many at once in one tree. */
// identity: root
// variants: static
// args: first
// again: second
#include "check.h"
#define MAKERS 4
#define FILES 600
static void name(char *text, int maker, int file) { sprintf(text, "m%d/f%d", maker, file); }
static void make(int maker)
{
	char path[64];
	sprintf(path, "m%d", maker);
	MUST(mkdir(path, 0755));
	for (int i = 0; i < FILES; i++) {
		name(path, maker, i);
		put(path, "x");
		MUST(chown(path, 1, 1));
		MUST(chown(path, 1000 + maker, 5000 + i));
		if (i % 3 == 0) { MUST(unlink(path)); put(path, "y"); }
	}
}
static void check(void)
{
	char path[64];
	struct stat st;
	for (int maker = 0; maker < MAKERS; maker++)
		for (int i = 0; i < FILES; i++) {
			name(path, maker, i);
			MUST(stat(path, &st));
			uid_t uid = i % 3 ? 1000 + maker : 0;
			gid_t gid = i % 3 ? 5000 + i : 0;
			if (st.st_uid != uid || st.st_gid != gid) fail("%s: %d:%d, wanted %d:%d", path, st.st_uid, st.st_gid, uid, gid);
		}
	for (int i = 0; i < 40; i++) {
		sprintf(path, "k%d", i);
		MUST(stat(path, &st));
		if (st.st_uid != st.st_gid) fail("%s: %d:%d, never given together", path, st.st_uid, st.st_gid);
	}
}
int main(int argc, char **argv)
{
	char path[64];
	if (argc > 1 && !strcmp(argv[1], "second")) {
		check();
		return pass();
	}
	pid_t makers[MAKERS];
	for (int i = 0; i < MAKERS; i++)
		if (!(makers[i] = (pid_t)MUST(fork()))) { make(i); _exit(0); }
	for (int i = 0; i < 40; i++) {
		sprintf(path, "k%d", i);
		put(path, "x");
		pid_t victim = (pid_t)MUST(fork());
		if (!victim)
			for (unsigned id = 1;; id++) chown(path, id % 50000, id % 50000);
		usleep(3000 + i * 200);
		MUST(kill(victim, SIGKILL));
		reap(victim);
	}
	for (int i = 0; i < MAKERS; i++) CHECK(reap(makers[i]) == 0);
	check();
	return pass();
}
