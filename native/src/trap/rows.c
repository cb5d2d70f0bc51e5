/* The table of caught calls. */
#include "../calls/handlers.h"
#include "../path/path.h"
#include "../sys/raw.h"
#include "calls.h"

#define NO_PATH {-1, -1, -1, 0}
#define PATH(directory, path, flags, how) {directory, path, flags, how}
#define CALL(name, handler, when, tested, first, second) {__NR_##name, when, tested, handler, {first, second}},
const struct call_row call_rows[] = {
#include "../syscalls.def"
};
#undef CALL
const unsigned call_row_count = ARRAY_LENGTH(call_rows);

#define CALL(name, ...) ROW_##name,
enum {
#include "../syscalls.def"
    ROWS
};
#undef CALL
#define CALL(name, ...) [__NR_##name] = ROW_##name + 1,
const u8 call_row_index[CALLS_DIRECT] = {
#include "../syscalls.def"
};
#undef CALL
_Static_assert(ROWS < 255, "call_row_index");
