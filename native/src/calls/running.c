/* ETXTBSY for running programs; see running.h. */
#include "running.h"

#include <asm/stat.h>
#include <linux/stat.h>

#include "../engine.h"
#include "../state/directories.h"
#include "../sys/raw.h"
#include "../sys/text.h"
#include "resolve.h"

void running_lock(int fd) {
    struct flock lock = {.l_type = F_RDLCK, .l_start = RUNNING_BYTE, .l_len = 1};
    struct stat st;
    struct cache *cache = directories_open();
    if (!cache || !cache->lockable || sys(__NR_fstat, fd, &st) < 0 || st.st_dev != cache->lockable) return;
    sys(__NR_fcntl, fd, F_OFD_SETLK, &lock);
}

void running_note(const char *host) {
    struct cache *cache = directories_open();
    const char *name = text_last_name(host);
    if (cache && cache->lockable) cache_note_program(cache, name, strlen(name));
}

static bool known(const char *name, size_t length) {
    struct cache *cache = directories_open();
    return cache && cache->lockable && cache_may_be_program(cache, name, length);
}

bool running_known(const char *path) {
    const char *name = text_last_name(path);
    return known(name, strlen(name));
}

static bool place_known(const struct place *place) {
    if (place->path != place->text) return running_known(place->path);
    struct text_part name = text_last_part(place->text, place->length);
    return known(place->text + name.begin, name.end - name.begin);
}

/* With stack of its own, which most calls do not touch. */
static __attribute__((noinline)) bool target_known(const struct place *place) {
    char host[PATH_SIZE];
    return place_target(place, host, sizeof(host)) > 0 && running_known(host);
}

long running_refuses(const struct place *place, u64 flags) {
    if ((flags & O_PATH) || !(flags & (O_ACCMODE | O_TRUNC)) || (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)) return 0;
    return (place->flags & PLACE_KERNEL_FOLLOWS ? target_known(place) : place_known(place)) ? running_look(place, flags) : 0;
}

void running_moved(const struct place *from, const struct place *to) {
    if (place_known(from)) running_note(to->path);
}
