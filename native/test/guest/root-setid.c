/* Emulated root: a program with set-id bits gives its owner's ids to the user who starts it, with AT_SECURE; not under no_new_privs. */
// identity: root
// variants: static musl
#include "check.h"
#include <sys/auxv.h>
#include <sys/prctl.h>
static void copy_self(const char *from, const char *to)
{
	static char room[1 << 20];
	int in = (int)MUST(open(from, O_RDONLY)), out = (int)MUST(open(to, O_CREAT | O_WRONLY, 0755));
	for (ssize_t n; (n = read(in, room, sizeof room)) > 0;) MUST(write(out, room, (size_t)n));
	close(in);
	close(out);
}
static void run(const char *program, int uid, int euid, int gid, int egid, int secure)
{
	char words[5][16];
	snprintf(words[0], 16, "%d", uid);
	snprintf(words[1], 16, "%d", euid);
	snprintf(words[2], 16, "%d", gid);
	snprintf(words[3], 16, "%d", egid);
	snprintf(words[4], 16, "%d", secure);
	execl(program, program, words[0], words[1], words[2], words[3], words[4], NULL);
}
int main(int argc, char **argv)
{
	uid_t r, e, s;
	gid_t rg, eg, sg;
	if (argc > 1) {
		MUST(getresuid(&r, &e, &s));
		MUST(getresgid(&rg, &eg, &sg));
		if ((int)r != atoi(argv[1]) || (int)e != atoi(argv[2]) || s != e) fail("%s: uids %d %d %d", argv[0], r, e, s);
		if ((int)rg != atoi(argv[3]) || (int)eg != atoi(argv[4]) || sg != eg) fail("%s: gids %d %d %d", argv[0], rg, eg, sg);
		CHECK((int)getauxval(AT_UID) == (int)r && (int)getauxval(AT_EUID) == (int)e && (int)getauxval(AT_EGID) == (int)eg);
		CHECK((int)getauxval(AT_SECURE) == atoi(argv[5]));
		return 0;
	}
	MUST(chmod("/work", 0755));
	copy_self(argv[0], "root-program");
	MUST(chmod("root-program", 04755));
	copy_self(argv[0], "group-program");
	MUST(chown("group-program", 0, 50));
	MUST(chmod("group-program", 02755));
	copy_self(argv[0], "lp-program");
	MUST(chown("lp-program", 7, 8));
	MUST(chmod("lp-program", 06755));
	IN_CHILD(0, { MUST(setgid(500)); MUST(setuid(500)); run("root-program", 500, 0, 500, 500, 1); });
	IN_CHILD(0, { MUST(setgid(500)); MUST(setuid(500)); run("group-program", 500, 500, 500, 50, 1); });
	IN_CHILD(0, { MUST(setgid(500)); MUST(setuid(500)); run("lp-program", 500, 7, 500, 8, 1); });
	IN_CHILD(0, run("lp-program", 0, 7, 0, 8, 1));
	IN_CHILD(0, run("root-program", 0, 0, 0, 0, 0));
	IN_CHILD(0, { MUST(setgid(500)); MUST(setuid(500)); MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)); run("root-program", 500, 500, 500, 500, 0); });
	/* another owner takes the bits away */
	MUST(chown("root-program", 0, 3));
	struct stat st;
	MUST(stat("root-program", &st));
	CHECK((st.st_mode & 07777) == 0755);
	return pass();
}
