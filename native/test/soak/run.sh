#!/bin/bash
# Mixed storms in one container for half an hour, then a count of what is left. Prints `ok` or `not ok` and a closing count.
#   run.sh [--seconds N] [--mode trap|rewrite] [--root TREE] [--workers N] [--seed N] [--engine "COMMAND"]
# TREE: a Debian tree of suites/mkroot.sh, for whole programs among the storms; without it the small tree of the guest
# tests. As root the storms run as the user `lab`, at the lowest but nine priority.
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
engine="$top/build/native/$(uname -m)/udocker-engine"
seconds=1800 mode=rewrite tree='' workers=2 seed=$$ store=''
while [ $# -gt 0 ]; do
	case $1 in
	--seconds) seconds=$2; shift 2 ;;
	--mode) mode=$2; shift 2 ;;
	--root) tree=$2; shift 2 ;;
	--workers) workers=$2; shift 2 ;;
	--seed) seed=$2; shift 2 ;;
	--engine) engine=$2; shift 2 ;;
	*) echo "run.sh: unknown option $1" >&2; exit 2 ;;
	esac
done
work=$(mktemp -d /tmp/soak.XXXXXX)
trap 'rm -rf "$work" ${store:+"$store"}' EXIT
chmod 755 "$work"
cp "$engine" "$work/engine" || exit 2
gcc -O1 -g -Wall -Wextra -Wno-unused-result -Wno-clobbered -pthread -o "$work/soak" "$here"/*.c || exit 2
if [ -z "$tree" ]; then
	mkdir "$work/programs"
	tree="$work/root"
	"$here/../guest/mkroot.sh" "$tree" "$work/programs" 2> /dev/null
	cp -L "$(command -v rm)" "$tree/bin/"
fi
# /work and the program are binds, so that the tree stays as it is.
store="$work/store"
mkdir -p "$store" "$work/state"
as_user=()
if [ "$(id -u)" = 0 ]; then
	uid=$(id -u lab 2>/dev/null || echo 1001) gid=$(id -g lab 2>/dev/null || echo 1001)
	as_user=(setpriv --reuid="$uid" --regid="$gid" --groups="$gid" --inh-caps=-all)
	chown "$uid:$gid" "$store" "$work/state"
	[ "$tree" != "$work/root" ] || chown -hR "$uid:$gid" "$tree"
fi
( cd / && exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LANG=C.UTF-8 nice -n 10 timeout -k 10 $((seconds + 600)) \
	"${as_user[@]}" "$work/engine" plan1 root "$tree" exec /soak bind /proc /proc rw bind /dev /dev rw bind /sys /sys rw bind "$work/soak" /soak ro \
	bind "$store" /work rw cwd /work user 0 0 0 root-emulation on state "$work/state" mode "$mode" -- /soak "$seconds" "$seed" "$workers" < /dev/null )
status=$?
sleep 1
# Every process of the container has the engine for its program.
left=0
for exe in /proc/[0-9]*/exe; do
	[ "$(readlink "$exe" 2> /dev/null)" != "$work/engine" ] || { left=$((left + 1)); tr '\0' ' ' < "${exe%exe}cmdline"; echo; }
done
files=$(find "$store" -mindepth 1 ! -name link | wc -l)
echo "left: $left processes, $files files; state: $(du -sk "$work/state" | cut -f1) kB in $(find "$work/state" -type f | wc -l) files"
if [ $status = 0 ] && [ $left = 0 ] && [ "$files" = 0 ]; then echo "ok soak [$mode]: $seconds s, seed $seed"; echo '1 passed, 0 failed, 0 skipped'; exit 0; fi
echo "not ok soak [$mode]: status $status, seed $seed"; echo '0 passed, 1 failed, 0 skipped'; exit 1
