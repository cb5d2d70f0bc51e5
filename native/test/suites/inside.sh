# Shared by the suites: how a command runs in a full Debian tree, by any engine that speaks the plan.
# Sourced by bash scripts; sets up $uid, $gid, and the function `inside`.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../../.." && pwd)
engine="$top/build/native/$(uname -m)/udocker-engine"
root=/var/tmp/rootfs-test mode=trap only='*' limit=900 work=''
while [ $# -gt 0 ]; do
	case $1 in
	--engine) engine=$2; shift 2 ;;
	--mode) mode=$2; shift 2 ;;
	--root) root=$2; shift 2 ;;
	--only) only=$2; shift 2 ;;
	--timeout) limit=$2; shift 2 ;;
	*) echo "unknown option $1" >&2; exit 2 ;;
	esac
done
[ "$(id -u)" = 0 ] || { echo "skip all: setting up a chroot to compare with needs root"; exit 0; }
[ -x "$root/bin/sh" ] || { echo "skip all: no Debian tree at $root; make one with $here/mkroot.sh $root"; exit 0; }
work=$(mktemp -d /tmp/suites.XXXXXX)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
mkdir "$work/state"
gcc -O1 -o "$work/chroot" "$here/../engines/chroot.c" || exit 2
uid=$(id -u lab 2>/dev/null || echo 1001) gid=$(id -g lab 2>/dev/null || echo 1001)
chown "$uid:$gid" "$work/state"
first=${engine%% *}
if [ -f "$first" ]; then cp "$first" "$work/"; chmod 755 "$work/$(basename "$first")"; engine="$work/$(basename "$first")${engine#"$first"}"; fi
passed=0 failed=0 skipped=0

# What the real root keeps: the capabilities of a Docker container, which emulated root has too.
capabilities=-all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap,+net_bind_service,+net_raw,+sys_chroot,+mknod,+audit_write,+setfcap

# inside ENGINE IDENTITY COMMAND: runs COMMAND by the tree's shell. ENGINE is chroot or engine,
# IDENTITY user (the caller's own ids) or root (emulated; the real root under chroot).
inside() {
	local ids="$uid $gid $gid" emulation=off start words shell=bash
	[ "$2" = root ] && { ids='0 0 0'; emulation=on; }
	words=(plan1 root "$root" exec /bin/bash bind /proc /proc rw bind /dev /dev rw bind /sys /sys rw bind /etc/resolv.conf /etc/resolv.conf ro
		cwd /tmp user $ids root-emulation $emulation state "$work/state" mode "$mode")
	start=(setpriv --reuid="$uid" --regid="$gid" --groups="$gid" --inh-caps=-all $engine)
	[ "$1" = chroot ] && start=("$work/chroot")
	[ "$1$2" = chrootroot ] && words[4]=/usr/bin/setpriv shell="setpriv --bounding-set $capabilities bash"
	( cd / && exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LANG=C.UTF-8 TERM=xterm \
		http_proxy="$http_proxy" https_proxy="$https_proxy" DEBIAN_FRONTEND=noninteractive timeout -k 5 "$limit" "${start[@]}" "${words[@]}" -- $shell -c "$3" < "${input:-/dev/null}" ) &
	local leader=$!
	wait $leader
	local status=$?
	kill -KILL -- -$leader 2>/dev/null
	return $status
}

# row NAME WANTED-STATUS GOT-STATUS FILE: one verdict; the end of FILE tells why.
row() {
	if [ "$2" = "$3" ]; then passed=$((passed + 1)); echo "ok $1 [$mode]"; else
		failed=$((failed + 1)); echo "not ok $1 [$mode]: status $3, wanted $2: $(tail -c 400 "$4" | tr '\n' '|')"; fi
}
closing() { echo "$passed passed, $failed failed, $skipped skipped"; [ $failed = 0 ]; }
