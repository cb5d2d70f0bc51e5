/* The name of a bound unix socket belongs to who bound it, as any file does, however it was written. */
// identity: root
#include "check.h"
static void bind_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = (int)MUST(socket(AF_UNIX, SOCK_STREAM, 0));
	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	MUST(bind(fd, (struct sockaddr *)&address, sizeof address));
	close(fd);
}
static void belongs(const char *path, uid_t uid, gid_t gid)
{
	struct stat st;
	MUST(lstat(path, &st));
	if (!S_ISSOCK(st.st_mode) || st.st_uid != uid || st.st_gid != gid) fail("%s: mode %o, owner %u:%u", path, st.st_mode, st.st_uid, st.st_gid);
}
int main(void)
{
	MUST(mkdir("/work/d", 0777));
	MUST(chmod("/work/d", 0777));
	MUST(mkdir("/work/group", 0777));
	MUST(chown("/work/group", 0, 55));
	MUST(chmod("/work/group", 02777));
	MUST(symlink("d", "/work/way"));
	bind_at("/work/d/root");
	belongs("/work/d/root", 0, 0);
	IN_CHILD(0, {
		MUST(setresgid(33, 44, 44));
		MUST(setresuid(33, 33, 33));
		bind_at("/work/d/plain");
		bind_at("/work/way/linked");
		MUST(chdir("/work/d"));
		bind_at("relative");
		bind_at("../group/handed-on");
		belongs("/work/d/plain", 33, 44);
		belongs("/work/d/linked", 33, 44);
		belongs("/work/d/relative", 33, 44);
		belongs("/work/group/handed-on", 33, 55);
		MUST(chmod("/work/d/plain", 0700));
		FAILS(EPERM, chmod("/work/d/root", 0700));
	});
	return pass();
}
