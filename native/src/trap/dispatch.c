/* From a caught call to its handler and back. */
#include "../calls/handlers.h"
#include "../calls/order.h"
#include "../calls/permit.h"
#include "../calls/resolve.h"
#include "../calls/unlock.h"
#include "../engine.h"
#include "../path/path.h"
#include "../sys/raw.h"
#include "rewrite.h"
#include "signal.h"

#define NO_PATH {-1, -1, -1, 0}
#define PATH(directory, path, flags, how) {directory, path, flags, how}
#define CALL(name, handler, when, tested, first, second) {__NR_##name, when, tested, handler, {first, second}},
const struct call_row call_rows[] = {
#include "../syscalls.def"
};
#undef CALL
const unsigned call_row_count = ARRAY_LENGTH(call_rows);

#define DIRECT 512 /* numbers below this are looked up in one step */
#define CALL(name, ...) ROW_##name,
enum {
#include "../syscalls.def"
    ROWS
};
#undef CALL
#define CALL(name, ...) [__NR_##name] = ROW_##name + 1,
static const u8 row_index[DIRECT] = {
#include "../syscalls.def"
};
#undef CALL
_Static_assert(ROWS < 255, "row_index");

const struct call_row *call_row_of(long number) {
    if (number < 0 || number >= DIRECT || !row_index[number]) return NULL;
    return &call_rows[row_index[number] - 1];
}

/* The handler once more, where a mode stood in the way that must not. */
static long unlock_and_repeat(struct call *call) {
    long answer = -EACCES;
    regs_arguments(&call->slot->regs, call->a);
    switch (unlock_for(call, &answer)) {
    case UNLOCKED_RETRY:
        regs_arguments(&call->slot->regs, call->a);
        return call->row->handler(call);
    default: return answer;
    }
}

/* The row's handler, once more where the way to a descriptor's directory or only a mode was in the way. */
static long handle(struct call *call) {
    call->slot->by_descriptor = BY_NONE;
    long result = permit_asked() ? permit(call) : 0;
    if (result < 0) return order_flags(call, result);
    result = call->row->handler(call);
    if (result == -EACCES && resolve_again(call->slot)) {
        regs_arguments(&call->slot->regs, call->a);
        result = call->row->handler(call);
    }
    if (result == -EACCES && engine.remembers) result = unlock_and_repeat(call);
    return result < 0 && result != RESTART_CALL ? order_flags(call, result) : result;
}

static void finish(struct call *call, long number, long result) {
    if (result == RESTART_CALL)
        regs_restart(&call->slot->regs, number);
    else
        regs_set_result(&call->slot->regs, result);
}

/* A trapped call. */
void dispatch(struct slot *slot) __attribute__((used));
void dispatch(struct slot *slot) {
    u64 site = regs_site(&slot->regs);
    if (slot->slow) signals_leave_stack(slot);
    struct call call = {.number = rewrite_number(site, regs_number(&slot->regs)), .slot = slot};
    regs_arguments(&slot->regs, call.a);
    call.row = call_row_of(call.number);
    long number = call.number, result = call.row ? handle(&call) : call_run(&call);
    finish(&call, number, result);
    rewrite_seen(call.row, site, slot);
}

/* A call from a rewritten site: no filter has looked at its arguments. */
void dispatch_hooked(struct slot *slot) __attribute__((used));
void dispatch_hooked(struct slot *slot) {
    struct call call = {.number = regs_number(&slot->regs), .slot = slot};
    regs_arguments(&slot->regs, call.a);
    call.row = call_row_of(call.number);
    long number = call.number;
    bool caught = call.row && call_is_caught(call.row, call.a, engine.emulated);
    finish(&call, number, caught ? handle(&call) : call_run(&call));
    if (engine.plan.debug) rewrite_count_hooked();
}
