/* From a caught call to its handler and back. */
#include "../calls/order.h"
#include "../calls/permit.h"
#include "../calls/resolve.h"
#include "../calls/unlock.h"
#include "../engine.h"
#include "../state/moves.h"
#include "../sys/raw.h"
#include "rewrite.h"
#include "signal.h"

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
    moves_follow();
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
    bool caught = call.row && (call.row->when == ALWAYS || call_is_caught(call.row, call.a, engine.emulated));
    finish(&call, number, caught ? handle(&call) : call_run(&call));
    if (engine.plan.debug) rewrite_count_hooked();
}
