#include "process.h"

#include <linux/fcntl.h>

#include "raw.h"
#include "text.h"

long auxiliary_of(u64 pid, u64 type, u64 *value) {
    char path[48];
    u64 pairs[128];
    text_put(path, text_put_number(path, text_put(path, 0, "/proc/"), pid), "/auxv");
    long fd = sys(__NR_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0) return fd;
    long r = sys(__NR_read, fd, pairs, sizeof(pairs));
    sys(__NR_close, fd);
    for (long i = 0; r > 0 && i + 1 < r / 8 && pairs[i]; i += 2)
        if (pairs[i] == type) {
            *value = pairs[i + 1];
            return 1;
        }
    return r < 0 ? r : 0;
}
