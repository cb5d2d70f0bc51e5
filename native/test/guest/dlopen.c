/* A library opened at run time by guest path, through a link, is found and named by its guest path. */
// variants: dynamic
#include "check.h"
#include <dlfcn.h>
#include <link.h>
static int seen;
static int each(struct dl_phdr_info *info, size_t size, void *unused) { (void)size; (void)unused; if (info->dlpi_name && info->dlpi_name[0] == '/') { if (!exists(info->dlpi_name)) fail("%s does not exist", info->dlpi_name); seen++; } return 0; }
int main(void)
{
	MUST(symlink("/lib/x86_64-linux-gnu/libm.so.6", "plugin.so"));
	void *library = dlopen("/work/plugin.so", RTLD_NOW);
	if (!library) { if (!exists("/lib/x86_64-linux-gnu/libm.so.6")) skip("no libm in the tree"); fail("%s", dlerror()); }
	double (*cosine)(double) = (double (*)(double))dlsym(library, "cos");
	CHECK(cosine && cosine(0) == 1);
	dl_iterate_phdr(each, NULL);
	CHECK(seen >= 2);
	CHECK(dlopen("/work/none.so", RTLD_NOW) == NULL);
	return pass();
}
