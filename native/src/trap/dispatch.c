/* From a caught call to its handler and back. */
#include "../calls/handlers.h"
#include "../calls/unlock.h"
#include "../engine.h"
#include "../path/path.h"
#include "../sys/raw.h"
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
static u8 row_index[DIRECT]; /* 1 + index in call_rows */

static void index_rows(void) {
    for (unsigned i = 0; i < call_row_count; i++) row_index[call_rows[i].number] = (u8)(i + 1);
}

const struct call_row *call_row_of(long number) {
    if (!row_index[call_rows[0].number]) index_rows();
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

void dispatch(struct slot *slot) __attribute__((used));
void dispatch(struct slot *slot) {
    struct call call = {.number = regs_number(&slot->regs), .slot = slot};
    regs_arguments(&slot->regs, call.a);
    call.row = call_row_of(call.number);
    long number = call.number, result = call.row ? call.row->handler(&call) : call_run(&call);
    if (result == -EACCES && engine.remembers && call.row) result = unlock_and_repeat(&call);
    if (result == RESTART_CALL)
        regs_restart(&slot->regs, number);
    else
        regs_set_result(&slot->regs, result);
}
