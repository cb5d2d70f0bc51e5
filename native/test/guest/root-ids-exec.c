/* Ids given up are still given up after an exec and in every thread and child; the ids of others do not change. */
// identity: root
#include "check.h"
static void *ask(void *unused) { (void)unused; return (void *)(long)geteuid(); }
int main(int argc, char **argv)
{
	if (argc > 1) {
		CHECK(getuid() == (uid_t)atoi(argv[1]));
		CHECK(geteuid() == (uid_t)atoi(argv[1]));
		CHECK(getegid() == 77);
		IN_CHILD(0, CHECK(getuid() == (uid_t)atoi(argv[1])));
		return 0;
	}
	IN_CHILD(0, {
		MUST(setgid(77));
		MUST(setuid(1000));
		pthread_t t;
		void *r;
		pthread_create(&t, NULL, ask, NULL);
		pthread_join(t, &r);
		CHECK((long)r == 1000);
		execl(argv[0], argv[0], "1000", NULL);
	});
	CHECK(getuid() == 0);
	IN_CHILD(0, { MUST(setgid(77)); execl(argv[0], argv[0], "0", NULL); });
	return pass();
}
