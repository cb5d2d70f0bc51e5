/* This program as a descriptor by which process 1 of a container starts it. The container has no name for it, so
 * nothing has to be made in the image, and a container that cannot be written has its init all the same. A sealed
 * copy in memory, so that what runs as root inside has no way to the file outside. */
#include <linux/elf.h>

#include "../sys/raw.h"
#include "../sys/text.h"
#include "supervise.h"

#define MEMFD_SEALABLE 2
#define MEMFD_EXEC 0x10     /* since Linux 6.3; before, all are */
#define ADD_SEALS 1033
#define ALL_SEALS 0xf

/* Where the part of the file ends that execve looks at; the rest is for debuggers. */
static u64 loaded_end(int fd) {
    Elf64_Ehdr header;
    Elf64_Phdr segment;
    u64 end = 0;
    if (sys(__NR_pread64, fd, &header, sizeof(header), 0) != sizeof(header)) return 0;
    for (unsigned i = 0; i < header.e_phnum; i++) {
        if (sys(__NR_pread64, fd, &segment, sizeof(segment), header.e_phoff + i * sizeof(segment)) != sizeof(segment))
            return 0;
        if (segment.p_type == PT_LOAD && segment.p_offset + segment.p_filesz > end)
            end = segment.p_offset + segment.p_filesz;
    }
    return end;
}

static bool copy(int to, int from, u64 size) {
    while (size) {
        long n = sys(__NR_sendfile, to, from, NULL, size);
        if (n <= 0) return false;
        size -= (u64)n;
    }
    return true;
}

long image_open(void) {
    long own = sys(__NR_openat, AT_FDCWD, "/proc/self/exe", O_RDONLY | O_CLOEXEC, 0);
    if (own < 0) return own;
    long memory = sys(__NR_memfd_create, "udocker-init", MEMFD_SEALABLE | MEMFD_EXEC);
    if (memory == -EINVAL) memory = sys(__NR_memfd_create, "udocker-init", MEMFD_SEALABLE);
    u64 size = loaded_end((int)own);
    if (memory < 0) return own; /* forbidden on this host (vm.memfd_noexec), or an old kernel */
    bool copied = size > 0 && copy((int)memory, (int)own, size);
    sys(__NR_close, copied ? own : memory);
    if (!copied) return own;
    sys(__NR_fcntl, memory, ADD_SEALS, ALL_SEALS);
    return memory;
}
