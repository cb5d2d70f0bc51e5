#!/bin/bash
# CPython's own test modules, in a real chroot and in the engine, each test compared by name: as the same unprivileged
# user, and as emulated root beside the real one. A test that fails, or is skipped, in the engine alone is a failure,
# unless `differences` lists it with a reason.
#   cpython.sh [--engine "COMMAND"] [--mode 'trap rewrite'] [--identity 'user root'] [--root TREE] [--only 'test_os test_io']
#              [--timeout S] [--keep DIR]      --keep: where logs and results go; chroot's found there are used again
identities=user keep='' arguments=()
while [ $# -gt 0 ]; do
	case $1 in
	--identity) identities=$2; shift 2 ;;
	--keep) keep=$2; shift 2 ;;
	*) arguments+=("$1"); shift ;;
	esac
done
set -- "${arguments[@]}"
. "$(dirname "$0")/inside.sh"
modules='test_os test_posix test_shutil test_subprocess test_socket test_tempfile test_pathlib test_glob test_zipfile test_signal test_threading test_multiprocessing_fork test_asyncio test_io test_mmap test_fcntl test_pty test_selectors'
modes=$mode results=${keep:-$work}
mkdir -p "$results"
[ "$only" = '*' ] || modules=$only

# run SIDE IDENTITY MODULE FILE: the log in FILE.log, one line `ok|skipped|failed NAME` per test in FILE.
run() {
	local dir="/tmp/t-${work##*.}" leave="-i '*VSOCKSocketStream*'"	# waits for ever for real root, in some virtual machines
	inside "$1" "$2" "mkdir -p $dir && cd $dir && TMPDIR=$dir python3 -m test -v --timeout 700 -u none $leave --junit-xml $dir.xml $3; s=\$?; cd /; chmod -R u+rwX $dir; rm -rf $dir; exit \$s" > "$4.log" 2>&1
	echo $? > "$4.status"
	input="$here/verdicts.py" inside chroot "$2" "python3 - $dir.xml; rm -f $dir.xml" > "$4" 2>> "$4.log"
}
compare() { # compare IDENTITY MODULE REFERENCE FILE
	local label="$2 $1 [$mode]" name new=''
	while IFS= read -r name; do
		grep -qE "^($1|any) ${name//./\\.}: " "$here/differences" || new="$new$name"$'\n'
	done < <(comm -13 <(grep -v '^ok ' "$3" | cut -d' ' -f2 | sort -u) <(grep -v '^ok ' "$4" | cut -d' ' -f2 | sort -u))
	local missing
	missing=$(comm -23 <(cut -d' ' -f2 "$3" | sort -u) <(cut -d' ' -f2 "$4" | sort -u))
	local counts
	counts="$(summary "$4") against $(summary "$3")"
	if [ -z "$new" ] && [ -z "$missing" ] && [ -s "$4" ]; then passed=$((passed + 1)); echo "ok $label: $counts"; return; fi
	failed=$((failed + 1)); echo "not ok $label: $counts, status $(cat "$4.status") against $(cat "$3.status")"
	printf '%s' "$new" | head -40 | sed 's/^/#   /'
	[ -z "$missing" ] || echo "$missing" | head -10 | sed 's/^/#   did not run: /'
}
summary() { awk '{n[$1]++} END {printf "%d ok %d skipped %d failed", n["ok"], n["skipped"], n["failed"]}' "$1"; }
for module in $modules; do
	for identity in $identities; do
		reference="$results/$module.$identity.chroot"
		[ -s "$reference" ] || run chroot "$identity" "$module" "$reference"
		for mode in $modes; do
			run engine "$identity" "$module" "$results/$module.$identity.$mode"
			compare "$identity" "$module" "$reference" "$results/$module.$identity.$mode"
		done
	done
done
closing
