#!/bin/bash
# CPython's own test modules, in a real chroot and in the engine, as the same unprivileged user: prints
# every test that fails in the engine and not in the chroot.
#   cpython.sh [--engine "COMMAND"] [--mode trap|rewrite] [--root TREE] [--only 'test_os test_io'] [--timeout S]
. "$(dirname "$0")/inside.sh"
modules='test_os test_posix test_shutil test_subprocess test_socket test_tempfile test_pathlib test_glob test_zipfile test_signal test_threading test_multiprocessing_fork test_asyncio test_io test_mmap test_fcntl test_pty test_selectors'
[ "$only" = '*' ] || modules=$only
# One line per test: `NAME ... ok|FAIL|ERROR|skipped`, sorted.
outcome() { sed -nE 's/^(test[A-Za-z0-9_]* \([^)]*\)).*/\1/;t k;b;:k;p' "$1" | sort -u > /dev/null; grep -aE '^(FAIL|ERROR): ' "$1" | sed -E 's/ \[.*//' | sort -u; }
for module in $modules; do
	for side in chroot engine; do
		inside $side user "mkdir -p /tmp/t-\$\$ && cd /tmp/t-\$\$ && TMPDIR=\$PWD python3 -m test -v --timeout 120 -u none $module; s=\$?; cd /; chmod -R u+rwX /tmp/t-\$\$; rm -rf /tmp/t-\$\$; exit \$s" > "$work/$side.$module" 2>&1
		echo $? > "$work/$side.$module.status"
		outcome "$work/$side.$module" > "$work/$side.$module.bad"
	done
	new=$(comm -13 "$work/chroot.$module.bad" "$work/engine.$module.bad")
	ran=$(grep -aoE '^Ran [0-9]+ tests?' "$work/engine.$module" | awk '{n += $2} END {print n + 0}') ran_chroot=$(grep -aoE '^Ran [0-9]+ tests?' "$work/chroot.$module" | awk '{n += $2} END {print n + 0}')
	if [ -z "$new" ] && [ "$ran" = "$ran_chroot" ] && [ "$ran" -gt 0 ]; then
		passed=$((passed + 1)); echo "ok $module [$mode]: $ran tests, $(wc -l < "$work/engine.$module.bad") fail in both"
	else
		failed=$((failed + 1)); echo "not ok $module [$mode]: ran $ran of $ran_chroot, status $(cat "$work/engine.$module.status") against $(cat "$work/chroot.$module.status")"
		echo "$new" | head -40 | sed 's/^/#   /'
		tail -n 3 "$work/engine.$module" | cut -c1-200 | sed 's/^/#     /'
		mkdir -p /tmp/suites-logs && cp "$work/engine.$module" "/tmp/suites-logs/$module.$mode.log"
	fi
done
closing
