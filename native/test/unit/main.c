/* Runs the unit tests of the native engine. */
#include "unit.h"

int unit_passed, unit_failed;

int main(void) {
    test_shape();
    test_cache();
    test_lookup();
    test_mounts();
    test_walk();
    test_plan();
    test_ids();
    printf("%d passed, %d failed\n", unit_passed, unit_failed);
    return unit_failed != 0;
}
