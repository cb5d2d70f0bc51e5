/* Socket addresses between guest and kernel. A unix socket's name that is a plain guest path is bound by its host path.
 * Any other (relative through a bind, through links, or too long for 108 bytes) is bound as /proc/PID/fd/N/NAME, and
 * what that stands for is kept (socket_name_keep()). Abstract names pass untouched. */
#include "address.h"

#include <asm/socket.h>
#include <asm/stat.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/un.h>

#include "../engine.h"
#include "../state/socket-names.h"
#include "../sys/limits.h"
#include "../sys/raw.h"
#include "../sys/text.h"
#include "owners.h"
#include "permit.h"
#include "resolve.h"

#define FAMILY_UNIX 1
#define FAMILY_INET 2
#define FAMILY_INET6 10
#define TYPE_STREAM 1
#define TYPE_DATAGRAM 2
#define NAME_AT offsetof(struct sockaddr_un, sun_path)
#define RENAME_NOREPLACE 1

static u16 swapped(u16 value) { return (u16)(value << 8 | value >> 8); }

static bool is_loopback(const u8 *bytes, u16 family) {
    static const u8 mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    static const u8 zero[16];
    if (family == FAMILY_INET) {
        const u8 *a = bytes + offsetof(struct sockaddr_in, sin_addr);
        return a[0] == 127 || memcmp(a, zero, 4) == 0;
    }
    const u8 *a = bytes + offsetof(struct sockaddr_in6, sin6_addr);
    if (memcmp(a, mapped, 12) == 0) return a[12] == 127;
    return memcmp(a, zero, 15) == 0 && a[15] <= 1;
}

/* Exchange the port (at the same place in both families) if it is a published one. */
static void change_port(int socket, u8 *bytes, u32 length, enum address_use use) {
    u16 family, port;
    int type = 0, size = sizeof(type);
    bool outwards = use == ADDRESS_BIND || use == ADDRESS_REACH;
    if (!engine.plan.port_count || length < sizeof(struct sockaddr_in)) return;
    memcpy(&family, bytes, 2);
    if (family != FAMILY_INET && (family != FAMILY_INET6 || length < 24)) return;
    if ((use == ADDRESS_REACH || use == ADDRESS_PEER) && !is_loopback(bytes, family)) return;
    memcpy(&port, bytes + 2, 2);
    if (sys(__NR_getsockopt, socket, SOL_SOCKET, SO_TYPE, &type, &size) < 0) return;
    for (unsigned i = 0; i < engine.plan.port_count; i++) {
        const struct port *p = &engine.plan.ports[i];
        if (type != (p->udp ? TYPE_DATAGRAM : TYPE_STREAM)) continue;
        if (swapped(port) != (outwards ? p->guest : p->host)) continue;
        port = swapped(outwards ? p->host : p->guest);
        memcpy(bytes + 2, &port, 2);
        return;
    }
}

static void set_name(struct address *a, const char *name) {
    struct sockaddr_un *un = (struct sockaddr_un *)a->bytes;
    a->length = (u32)(NAME_AT + text_put(un->sun_path, 0, name) + 1);
}

/* The directory's descriptor and the last name, or, for a name too long even so, one to be renamed. */
static long bind_through(struct address *a) {
    static u32 count;
    char text[PATH_SIZE + 64], *slash = a->place.text + (text_last_name(a->place.text) - a->place.text) - 1;
    *slash = 0;
    long fd = open_path_alone(AT_FDCWD, a->place.text[0] ? a->place.text : "/", O_DIRECTORY);
    *slash = '/';
    if (fd < 0) return fd;
    a->through = (int)fd;
    size_t n = text_put_number(text, text_put(text, 0, "/proc/"), (u64)sys(__NR_getpid));
    n = text_put_number(text, text_put(text, n, "/fd/"), (u64)fd);
    /* A varying number of slashes keeps apart sockets that would else get the same text one after another. */
    for (u32 i = __atomic_fetch_add(&count, 1, __ATOMIC_RELAXED) % 8 + 1; i; i--) text[n++] = '/';
    text[n] = 0;
    if (n + strlen(slash + 1) < UNIX_PATH_MAX) {
        text_put(text, n, slash + 1);
    } else {
        struct stat st;
        if (sys(__NR_newfstatat, AT_FDCWD, a->place.text, &st, AT_SYMLINK_NOFOLLOW) == 0) return -EADDRINUSE;
        a->name = slash + 1;
        text_put_number(a->temporary, text_put(a->temporary, 0, ".socket-"), (u64)sys(__NR_gettid));
        text_put(text, n, a->temporary);
    }
    set_name(a, text);
    return 0;
}

static long bind_name(struct address *a, const char *guest) {
    char plain[PATH_SIZE];
    long r = permit_socket(AT_FDCWD, guest, true);
    if (r == 0) r = resolve_at(AT_FDCWD, guest, PATH_PARENT | PATH_WRITE, &a->place);
    if (r < 0) return r;
    r = place_has_slash(&a->place) ? check_creation(&a->place, false) : refuse_creation(&a->place, false);
    if (r < 0) return r == -EEXIST ? -EADDRINUSE : r;
    a->made = true;
    if (a->place.path[0] != '/') {
        a->place.path = (const char *)a->bytes + NAME_AT;
        return 0;
    }
    bool as_it_is = host_to_guest(a->place.path, plain, sizeof(plain)) >= 0 && text_equal(plain, guest);
    if (as_it_is && strlen(a->place.path) < UNIX_PATH_MAX) {
        set_name(a, a->place.path);
        return 0;
    }
    text_put(a->guest, 0, guest);
    return bind_through(a);
}

/* A socket to be reached may be named by a link to it: its own descriptor's. */
static long reach_name(struct address *a, const char *guest) {
    char text[48];
    long r = permit_socket(AT_FDCWD, guest, false);
    if (r == 0) r = resolve_at(AT_FDCWD, guest, PATH_FOLLOW, &a->place);
    if (r < 0) return r;
    if (a->place.path[0] != '/' && a->place.directory == AT_FDCWD) return 0;
    if (strlen(a->place.path) < UNIX_PATH_MAX) {
        set_name(a, a->place.path);
        return 0;
    }
    long fd = open_path_alone(a->place.directory, a->place.path, 0);
    if (fd < 0) return fd;
    a->through = (int)fd;
    text_put_number(text, text_put(text, 0, "/proc/self/fd/"), (u64)fd);
    set_name(a, text);
    return 0;
}

long address_in(int socket, u64 at, u32 length, enum address_use use, struct address *a) {
    char guest[112];
    a->length = length;
    a->through = -1;
    a->made = false;
    a->guest[0] = 0;
    a->name = NULL;
    if (length > ADDRESS_SIZE) return -EINVAL;
    memset(a->bytes, 0, sizeof(a->bytes));
    long r = arch_copy(a->bytes, (const void *)at, length);
    if (r < 0) return r;
    if (length < 2 || a->family != FAMILY_UNIX) {
        change_port(socket, a->bytes, length, use);
        return 0;
    }
    if (length <= NAME_AT || length > sizeof(struct sockaddr_un) || !a->bytes[NAME_AT]) return 0;
    memcpy(guest, a->bytes + NAME_AT, length - NAME_AT);
    guest[length - NAME_AT] = 0;
    r = use == ADDRESS_BIND ? bind_name(a, guest) : reach_name(a, guest);
    if (r < 0) address_done(a, r);
    return r;
}

long address_done(struct address *a, long result) {
    if (result == 0 && a->name) {
        result = sys(__NR_renameat2, a->through, a->temporary, a->through, a->name, RENAME_NOREPLACE);
        if (result == -EINVAL) result = sys(__NR_renameat2, a->through, a->temporary, a->through, a->name, 0);
        if (result < 0) sys(__NR_unlinkat, a->through, a->temporary, 0);
        if (result == -EEXIST) result = -EADDRINUSE;
    }
    if (result == 0 && a->made) file_made(&a->place);
    if (result == 0 && a->guest[0]) socket_name_keep((const char *)a->bytes + NAME_AT, a->guest);
    if (a->through >= 0) sys(__NR_close, a->through);
    a->through = -1;
    return result;
}

u32 address_out(int socket, u8 *bytes, u32 length, enum address_use use) {
    char name[112], guest[PATH_SIZE];
    u16 family;
    if (length < 2) return length;
    memcpy(&family, bytes, 2);
    if (family != FAMILY_UNIX) {
        change_port(socket, bytes, length, use);
        return length;
    }
    if (length <= NAME_AT || length > NAME_AT + sizeof(name) - 1 || bytes[NAME_AT] != '/') return length;
    memcpy(name, bytes + NAME_AT, length - NAME_AT);
    name[length - NAME_AT] = 0;
    if (!socket_name_for_guest(name, guest) || strlen(guest) > UNIX_PATH_MAX) return length;
    return (u32)(text_put((char *)bytes, NAME_AT, guest) + 1);
}
