/* The little that the unit tests share: they run on the host, under sanitizers. Included before all else (-include),
 * because the engine's headers hide every symbol declared behind them. */
#ifndef UNIT_H
#define UNIT_H
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern int unit_passed, unit_failed;

#define EXPECT(what)                                                        \
    do {                                                                    \
        if (what) unit_passed++;                                            \
        else unit_failed++, printf("not ok %s:%d: %s\n", __FILE__, __LINE__, #what); \
    } while (0)

void test_shape(void), test_cache(void), test_lookup(void), test_walk(void), test_mounts(void), test_plan(void), test_ids(void);

#endif
