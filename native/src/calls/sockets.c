/* Calls that take or tell a socket address. The kernel tells into the engine's own memory first, because a guest's
 * buffer may be too short for the host's name and long enough for its own. */
#include <linux/socket.h>

#include "../sys/raw.h"
#include "../sys/text.h"
#include "address.h"
#include "credentials.h"
#include "handlers.h"

#define MOST_MESSAGES 1024 /* UIO_MAXIOV, as in the kernel */

/* The kernel's struct user_msghdr, the same on both CPUs. */
struct message {
    u64 name;
    u32 name_length, pad;
    u64 parts, part_count, control, control_length;
    u32 flags, pad2;
};

struct message_entry {
    struct message message;
    u32 length, pad;
};

/* A call whose address is argument `at`, its length argument at + 1. */
static long with_address(struct call *call, unsigned at, enum address_use use) {
    struct address address;
    u32 length = (u32)call->a[at + 1];
    if ((int)length < 0) return -EINVAL;
    long r = address_in((int)call->a[0], call->a[at], length, use, &address);
    if (r < 0) return r;
    call->a[at] = (u64)address.bytes;
    call->a[at + 1] = address.length;
    return address_done(&address, call_run(call));
}

long call_bind(struct call *call) { return with_address(call, 1, ADDRESS_BIND); }
long call_connect(struct call *call) { return with_address(call, 1, ADDRESS_REACH); }
long call_sendto(struct call *call) { return with_address(call, 4, ADDRESS_REACH); }

/* Give the guest what fits of an address, as the kernel's move_addr_to_user(). */
static long tell(const u8 *bytes, u32 length, u64 to, u32 room) {
    u32 n = length < room ? length : room;
    return n ? arch_copy((void *)to, bytes, n) : 0;
}

/* A call that tells an address in argument `at`, its room and length behind the pointer in argument at + 1. */
static long telling(struct call *call, unsigned at, enum address_use use) {
    u8 bytes[ADDRESS_SIZE + 4];
    u32 room, length = ADDRESS_SIZE;
    u64 to = call->a[at], length_at = call->a[at + 1];
    if (!to) return call_run(call);
    long r = arch_copy(&room, (const void *)length_at, 4);
    if (r < 0) return r;
    if ((int)room < 0) return -EINVAL;
    call->a[at] = (u64)bytes;
    call->a[at + 1] = (u64)&length;
    r = call_run(call);
    if (r < 0) return r;
    int socket = call->number == __NR_accept || call->number == __NR_accept4 ? (int)r : (int)call->a[0];
    if (length > ADDRESS_SIZE) length = ADDRESS_SIZE;
    length = address_out(socket, bytes, length, use);
    long told = tell(bytes, length, to, room);
    if (told == 0) told = arch_copy((void *)length_at, &length, 4);
    return told < 0 ? told : r;
}

long call_accept(struct call *call) { return telling(call, 1, ADDRESS_PEER); }
long call_getsockname(struct call *call) { return telling(call, 1, ADDRESS_OWN); }
long call_getpeername(struct call *call) { return telling(call, 1, ADDRESS_PEER); }
long call_recvfrom(struct call *call) { return telling(call, 4, ADDRESS_PEER); }

/* Send one message whose header is already in engine memory. */
static long send_message(struct call *call, struct message *message) {
    struct address address;
    u8 control[CONTROL_ROOM];
    long changed = credentials_send(message->control, message->control_length, control);
    if (changed < 0) return changed;
    if (changed) message->control = (u64)control;
    u64 a[6] = {call->a[0], (u64)message, call->a[call->number == __NR_sendmsg ? 2 : 3]};
    if (!message->name || !message->name_length) return arch_blocking(__NR_sendmsg, a, call->slot);
    if ((int)message->name_length < 0) return -EINVAL;
    if (message->name_length > ADDRESS_SIZE) message->name_length = ADDRESS_SIZE;
    long r = address_in((int)call->a[0], message->name, message->name_length, ADDRESS_REACH, &address);
    if (r < 0) return r;
    message->name = (u64)address.bytes;
    message->name_length = address.length;
    return address_done(&address, arch_blocking(__NR_sendmsg, a, call->slot));
}

long call_sendmsg(struct call *call) {
    struct message message;
    long r = arch_copy(&message, (const void *)call->a[1], sizeof(message));
    return r < 0 ? r : send_message(call, &message);
}

long call_sendmmsg(struct call *call) {
    u64 at = call->a[1], count = (u32)call->a[2], sent = 0;
    struct message_entry entry;
    long r = 0;
    if (count > MOST_MESSAGES) count = MOST_MESSAGES;
    for (; sent < count; sent++, at += sizeof(entry)) {
        if ((r = arch_copy(&entry, (const void *)at, sizeof(entry))) < 0) break;
        if ((r = send_message(call, &entry.message)) < 0) break;
        entry.length = (u32)r;
        r = arch_copy((void *)(at + offsetof(struct message_entry, length)), &entry.length, 4);
        if (r < 0) break;
    }
    return sent ? (long)sent : r;
}

long call_recvmsg(struct call *call) {
    struct message message, wanted;
    u8 bytes[ADDRESS_SIZE + 4];
    u64 at = call->a[1];
    long r = arch_copy(&message, (const void *)at, sizeof(message));
    if (r < 0) return r;
    if (!message.name) {
        r = call_run(call);
        if (r >= 0 && arch_copy(&message, (const void *)at, sizeof(message)) == 0)
            credentials_show(message.control, message.control_length);
        return r;
    }
    if ((int)message.name_length < 0) return -EINVAL;
    wanted = message;
    message.name = (u64)bytes;
    message.name_length = ADDRESS_SIZE;
    call->a[1] = (u64)&message;
    r = call_run(call);
    if (r < 0) return r;
    u32 length = message.name_length > ADDRESS_SIZE ? ADDRESS_SIZE : message.name_length;
    message.name_length = address_out((int)call->a[0], bytes, length, ADDRESS_PEER);
    message.name = wanted.name;
    credentials_show(message.control, message.control_length);
    long told = tell(bytes, message.name_length, wanted.name, wanted.name_length);
    if (told == 0) told = arch_copy((void *)at, &message, sizeof(message));
    return told < 0 ? told : r;
}

/* The kernel fills the guest's own entries, and the names are put right behind it. */
long call_recvmmsg(struct call *call) {
    u32 rooms[MOST_MESSAGES], count = (u32)call->a[2];
    struct message_entry entry;
    u8 bytes[ADDRESS_SIZE + 4];
    u64 at = call->a[1];
    if (count > MOST_MESSAGES) count = MOST_MESSAGES;
    for (u32 i = 0; i < count; i++) {
        long r = arch_copy(&entry, (const void *)(at + i * sizeof(entry)), sizeof(entry));
        if (r < 0) break;
        rooms[i] = entry.message.name ? entry.message.name_length : 0;
    }
    long r = call_run(call);
    for (long i = 0; i < r; i++) {
        u64 here = at + (u64)i * sizeof(entry);
        if (arch_copy(&entry, (const void *)here, sizeof(entry)) < 0) continue;
        credentials_show(entry.message.control, entry.message.control_length);
        if (!rooms[i]) continue;
        u32 length = entry.message.name_length;
        if (!length || length > rooms[i] || length > ADDRESS_SIZE) continue;
        if (arch_copy(bytes, (const void *)entry.message.name, length) < 0) continue;
        length = address_out((int)call->a[0], bytes, length, ADDRESS_PEER);
        tell(bytes, length, entry.message.name, rooms[i]);
        arch_copy((void *)(here + offsetof(struct message, name_length)), &length, 4);
    }
    return r;
}
