#!/bin/sh
# All tests of the native engine in one go, in about six minutes: the guest tests, full disks, the fuzzer's regressions and some
# fuzzing, some workloads and some of CPython's test modules, in both modes. Prints a verdict per test and closes with
# `N passed, N failed, N skipped`.
#   run.sh [STAGE...]      stages: guest disk regressions fuzz workloads cpython
# A test that fails and is listed in known-gaps counts as skipped. Root runs everything (guests as the user `lab`);
# without root only the guest tests can run. The Debian tree of the workloads is made once and kept.
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
tree=${UDOCKER_TEST_IMAGES:-/var/tmp/udocker-test-images}/native-tree
modes='trap rewrite'
modules='test_posix test_shutil test_tempfile test_glob test_fcntl test_mmap test_pty'
workloads='sh-pipes tar-owners setpriv git make-j perl python-mp gdb-run gdb-attach strace job-control fork-storm-python find-tar busybox'
work=$(mktemp -d /tmp/native-tests.XXXXXX) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

# The reason for which a failing test is expected to fail, from known-gaps: lines `STAGE NAME*: reason`.
gap() {
	while IFS= read -r known; do
		case $known in '' | '#'*) continue ;; esac
		# shellcheck disable=SC2254
		case $1 in ${known%%: *}*) echo "${known#*: }"; return 0 ;; esac
	done < "$here/known-gaps"
	return 1
}

# Counts verdicts and passes everything on but the closing lines of single stages.
judge() {
	while IFS= read -r line; do
		case $line in
		'ok '*) echo passed >> "$work/verdicts" ;;
		'skip '*) echo skipped >> "$work/verdicts" ;;
		'not ok '*)
			name=${line#not ok }
			if reason=$(gap "$1 ${name%%: *}"); then
				echo skipped >> "$work/verdicts"; line="skip $name (known gap: $reason)"
			else
				echo failed >> "$work/verdicts"; echo bad >> "$work/bad"
			fi ;;
		*[0-9]' passed, '*) continue ;;
		esac
		printf '%s\n' "$line"
	done
}

stage() { # stage NAME SECONDS COMMAND...: a command which fails without a verdict is a failure too
	name=$1 limit=$2
	shift 2
	[ -z "$stages" ] || case " $stages " in *" $name "*) ;; *) return ;; esac
	echo "-- $name: $(basename "$1") $(shift; echo "$*" | cut -c1-100)"
	: > "$work/said"
	{ timeout -k 5 "$limit" "$@" 2>&1; echo $? > "$work/status"; } | tee "$work/said" | judge "$name"
	status=$(cat "$work/status")
	[ "$status" = 0 ] || grep -q '^not ok ' "$work/said" || echo "not ok $name: ended with status $status" | judge "$name"
}

skip_all() { # skip_all STAGE WHY
	[ -z "$stages" ] || case " $stages " in *" $1 "*) ;; *) return ;; esac
	echo "skip $1: $2" | judge "$1"
}

stages=$*
for program in gcc make bash; do
	command -v $program > /dev/null && continue
	skip_all guest "$program is missing"
	echo '0 passed, 0 failed, 1 skipped'
	exit 0
done
make -s --no-print-directory -C "$top" native > "$work/build" 2>&1 || { cat "$work/build"; echo '0 passed, 1 failed, 0 skipped'; exit 1; }

stage guest 600 bash "$here/guest/run.sh" --modes "$modes" --timeout 15
if [ "$(id -u)" != 0 ]; then
	for missing in disk regressions fuzz workloads cpython; do skip_all $missing 'the real chroot it compares with needs root'; done
else
	stage disk 120 bash "$here/suites/full-disk.sh" --mode "$modes"
	for mode in $modes; do
		stage regressions 200 bash "$here/fuzz/fuzz.sh" --regressions --mode "$mode"
		# Always the same seeds, so that what fails is the change at hand; new ones: fuzz.sh --seconds N.
		stage fuzz 120 bash "$here/fuzz/fuzz.sh" --seed 20000 --seeds 400 --mode "$mode"
		stage fuzz 60 bash "$here/fuzz/fuzz.sh" --strangers --seed 20000 --seeds 75 --mode "$mode"
		stage fuzz 60 bash "$here/fuzz/fuzz.sh" --root --seed 20000 --seeds 75 --mode "$mode"
		stage fuzz 60 bash "$here/fuzz/fuzz.sh" --crowded --seed 20000 --seeds 100 --mode "$mode"
	done
	if [ ! -x "$tree/bin/sh" ] && ! command -v mmdebstrap > /dev/null; then
		skip_all workloads 'mmdebstrap is missing, it makes the Debian tree'
	elif ! bash "$here/suites/mkroot.sh" --small "$tree" > "$work/tree" 2>&1; then
		skip_all workloads "no Debian tree could be made: $(tail -n 1 "$work/tree")"
	else
		for mode in $modes; do
			stage workloads 150 env NO_CHROOT=1 bash "$here/suites/workloads.sh" --root "$tree" --mode "$mode" --timeout 60 --only "$workloads"
		done
		if [ -d "$tree/usr/lib/python3.11/test/libregrtest" ]; then
			stage cpython 300 bash "$here/suites/cpython.sh" --root "$tree" --mode "$modes" --timeout 60 --only "$modules"
		else
			skip_all cpython "the tree $tree was made before it had CPython's tests; remove it"
		fi
	fi
fi
count() { grep -c "^$1" "$work/verdicts" 2> /dev/null || true; }
echo "$(count passed) passed, $(count failed) failed, $(count skipped) skipped"
[ ! -e "$work/bad" ]
