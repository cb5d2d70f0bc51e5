/* Capabilities of a program's file (setcap) are gained by the user who starts it, as capabilities(7) says. */
// identity: root
// owners: yes
// variants: static dynamic
#include "check.h"
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/xattr.h>
#define BIT(n) (1ul << (n))
enum { VERSION_2 = 0x02000000, VERSION_3 = 0x03000000, IN_EFFECT = 1 };
static const char *self;
static int first;	/* root's process */
static void copy_self(const char *to)
{
	static char room[1 << 22];
	int in = (int)MUST(open(self, O_RDONLY)), out = (int)MUST(open(to, O_CREAT | O_WRONLY | O_TRUNC, 0755));
	for (ssize_t n; (n = read(in, room, sizeof room)) > 0;) MUST(write(out, room, (size_t)n));
	close(in);
	close(out);
}
static int try_set(const char *file, unsigned magic, unsigned long permitted, unsigned long inheritable, unsigned root)
{
	unsigned n[6] = { magic, (unsigned)permitted, (unsigned)inheritable, (unsigned)(permitted >> 32), (unsigned)(inheritable >> 32), root };
	return setxattr(file, "security.capability", n, magic & VERSION_2 && !(magic & 0x01000000) ? 20 : 24, 0);
}
#define set(...) MUST(try_set(__VA_ARGS__))
static unsigned long line(const char *name)
{
	char *at = strstr(get("/proc/self/status"), name);
	CHECK(at);
	return strtoul(at + strlen(name), NULL, 16);
}
static void run(const char *file, unsigned long permitted, unsigned long effective, int secure)
{
	char words[4][24];
	snprintf(words[0], 24, "%lx", permitted);
	snprintf(words[1], 24, "%lx", effective);
	snprintf(words[2], 24, "%d", secure);
	snprintf(words[3], 24, "%d", first);
	execl(file, file, words[0], words[1], words[2], words[3], NULL);
	_exit(100 + (errno == EPERM));
}
static void become(uid_t uid) { MUST(syscall(SYS_setgroups, 0, NULL)); MUST(setresgid(uid, uid, uid)); MUST(setresuid(uid, uid, uid)); }
static void capset_to(unsigned long permitted, unsigned long effective, unsigned long inheritable)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = { { (unsigned)effective, (unsigned)permitted, (unsigned)inheritable },
		{ (unsigned)(effective >> 32), (unsigned)(permitted >> 32), (unsigned)(inheritable >> 32) } };
	MUST(syscall(SYS_capset, &head, data));
}
/* What the started program sees; then it uses what it has. */
static int started(char **argv)
{
	first = atoi(argv[4]);
	unsigned long permitted = strtoul(argv[1], NULL, 16), effective = strtoul(argv[2], NULL, 16);
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];
	struct stat st;
	if (line("CapPrm:") != permitted || line("CapEff:") != effective) fail("%s: has %lx %lx, wanted %s %s", argv[0], line("CapPrm:"), line("CapEff:"), argv[1], argv[2]);
	MUST(syscall(SYS_capget, &head, data));
	CHECK(data[0].permitted == (unsigned)permitted && data[0].effective == (unsigned)effective);
	if ((int)getauxval(AT_SECURE) != atoi(argv[3])) fail("%s: AT_SECURE %lu", argv[0], getauxval(AT_SECURE));
	if (permitted && geteuid()) CHECK(!line("CapAmb:"));
	if (!geteuid() || getuid() != 500) return 0;
	if (effective & BIT(CAP_DAC_OVERRIDE)) SAME("secret", get("secret")); else FAILS(EACCES, open("secret", O_RDONLY));
	if (effective & BIT(CAP_CHOWN)) MUST(chown("gift", 500, 600)); else FAILS(EPERM, chown("gift", 501, 600));
	if (effective & BIT(CAP_CHOWN)) { MUST(stat("gift", &st)); CHECK(st.st_uid == 500 && st.st_gid == 600); MUST(chown("gift", 0, 0)); }
	if (effective & BIT(CAP_KILL)) MUST(kill(first, 0)); else FAILS(EPERM, kill(first, 0));
	if (effective & BIT(CAP_SETUID)) MUST(setuid(0)); else FAILS(EPERM, setuid(0));
	return 0;
}
int main(int argc, char **argv)
{
	self = argv[0];
	first = getpid();
	if (argc > 1) return started(argv);
	const unsigned long three = BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_SETUID), kill_ = BIT(CAP_KILL);
	put("secret", "secret"); put("gift", "x");
	MUST(chmod("secret", 0)); MUST(chmod("/work", 0755));
	copy_self("p"); copy_self("plain");
	if (try_set("p", VERSION_2 | IN_EFFECT, three, 0, 0) == -1 && errno == ENOTSUP) skip("this file system has no user attributes");
	IN_CHILD(0, { become(500); run("plain", 0, 0, 0); });
	IN_CHILD(0, { become(500); run("p", three, three, 1); });
	IN_CHILD(0, { become(500); run("/work/p", three, three, 1); });
	/* started by its own: nothing is handed on */
	IN_CHILD(0, { become(500); MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)); run("p", 0, 0, 1); });
	set("p", VERSION_2, kill_, 0, 0);
	IN_CHILD(0, { become(500); run("p", kill_, 0, 1); });
	set("p", VERSION_3 | IN_EFFECT, kill_, 0, 0);
	IN_CHILD(0, { become(500); run("p", kill_, kill_, 1); });
	set("p", VERSION_3 | IN_EFFECT, kill_, 0, 1000);	/* for a user namespace whose root is 1000 */
	IN_CHILD(0, { become(500); run("p", 0, 0, 0); });
	/* inheritable ones: what both sides have */
	set("p", VERSION_2 | IN_EFFECT, 0, kill_ | BIT(CAP_CHOWN), 0);
	IN_CHILD(0, { MUST(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)); become(500); capset_to(kill_ | BIT(CAP_SETGID), 0, kill_ | BIT(CAP_SETGID)); run("p", kill_, kill_, 1); });
	/* ambient ones are lost to such a program, and only there */
	IN_CHILD(0, { MUST(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)); become(500); capset_to(BIT(CAP_SETGID), 0, BIT(CAP_SETGID));
		MUST(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SETGID, 0, 0)); run("p", 0, 0, 1); });
	/* the bounding set: a program that would not know what it lacks is not started */
	set("p", VERSION_2 | IN_EFFECT, kill_ | BIT(CAP_CHOWN), 0, 0);
	IN_CHILD(101, { MUST(prctl(PR_CAPBSET_DROP, CAP_CHOWN, 0, 0, 0)); become(500); run("p", 0, 0, 0); });
	set("p", VERSION_2, kill_ | BIT(CAP_CHOWN), 0, 0);
	IN_CHILD(0, { MUST(prctl(PR_CAPBSET_DROP, CAP_CHOWN, 0, 0, 0)); become(500); run("p", kill_, 0, 1); });
	/* set-user-id programs of root with capabilities: those are what is meant */
	set("p", VERSION_2 | IN_EFFECT, kill_, 0, 0);
	MUST(chmod("p", 04755));
	IN_CHILD(0, { become(500); run("p", kill_, kill_, 1); });
	MUST(chmod("p", 0755));
	/* traced by another who has them not */
	pid_t child = (pid_t)MUST(fork());
	if (!child) {
		become(500);
		pid_t traced = fork();
		if (!traced) { ptrace(PTRACE_TRACEME, 0, 0, 0); run("p", 0, 0, 1); }
		int status;
		if (waitpid(traced, &status, 0) != traced || !WIFSTOPPED(status)) _exit(20);
		ptrace(PTRACE_CONT, traced, 0, 0);
		while (waitpid(traced, &status, 0) == traced && WIFSTOPPED(status)) ptrace(PTRACE_CONT, traced, 0, 0);
		_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 21);
	}
	int status = reap(child);
	if (!WIFEXITED(status) || WEXITSTATUS(status)) fail("a traced program ended with %#x", status);
	/* wrong values, and whoever may not set any; a change of the owner takes them away */
	FAILS(EINVAL, setxattr("p", "security.capability", "12345678901234567890", 20, 0));
	FAILS(EINVAL, try_set("p", 0x01000000, 1, 0, 0));
	IN_CHILD(0, { become(500); FAILS(EPERM, try_set("plain", VERSION_2, 1, 0, 0)); });
	char value[24];
	CHECK(getxattr("p", "security.capability", value, sizeof value) >= 20);
	MUST(chown("p", 500, 500));
	FAILS(ENODATA, getxattr("p", "security.capability", value, sizeof value));
	IN_CHILD(0, { become(500); run("p", 0, 0, 0); });
	return pass();
}
