/* Set-id bits and capabilities of the file of a program that is to be started under emulation. */
#include "rights.h"

#include "../calls/ids.h"
#include "../calls/owners.h"
#include "../engine.h"
#include "../sys/process.h"
#include "../sys/raw.h"
#include "../sys/text.h"
#include "exec.h"

/* Who traces this thread; 0: nobody. */
static u32 tracer(void) {
    char text[1024];
    u64 pid;
    if (trace_me_deferred && trace_me_deferred == (u32)sys(__NR_gettid)) return (u32)sys(__NR_getppid);
    long n = process_file((u64)sys(__NR_gettid), "/status", text, sizeof(text) - 1);
    text[n < 0 ? 0 : n] = 0;
    const char *field = process_field(text, "TracerPid");
    return field && text_number(field, &pid, NULL) ? (u32)pid : 0;
}

/* By one who could not look at what is root's? */
static bool is_watched(void) {
    struct ids other;
    u32 pid = tracer();
    if (!pid) return false;
    ids_of_process(pid, &other, NULL);
    return !ids_may_look_at_all(&other);
}

long rights_of_program(int fd, struct ids *ids) {
    u8 attribute[XATTR_CAPS_SZ_3 + 4];
    struct file file = {0};
    const struct ids old = *ids;
    file_look(fd, "", AT_EMPTY_PATH, &file);
    struct program_rights rights = {.mode = file.mode, .owner = file.uid, .group = file.gid};
    if (engine.remembers && file.disk_uid == engine.host_uid && program_may_matter(ids, &rights)) {
        long n = sys(__NR_fgetxattr, fd, KEPT_CAPABILITY, attribute, sizeof(attribute));
        long r = n >= 0 ? program_capabilities(&rights, attribute, (size_t)n) : n == -ERANGE ? -EINVAL : 0;
        if (r < 0) return r;
    }
    long gained = ids_exec(ids, &rights);
    if (gained < 0 || !rights.gains || ids->no_new_privs || !is_watched()) return gained;
    *ids = old;
    rights.watched = true;
    return ids_exec(ids, &rights);
}
