#!/bin/bash
# The speed table of the native engine: CPU (user and system of everything, a tracer included) of each
# workload under each engine as a multiple of a real chroot, in interleaved rounds, starting the
# container excluded and told apart. Prints a Markdown table; exit status 1 if a workload failed.
#   run.sh [--engine "COMMAND"] [--root TREE] [--rounds N] [--only PATTERN] [--engines "proot runc trap rewrite"]
#          [--statistic paired|min|median] [--wall] [--raw FILE] [--targets] [--write FILE]
# --targets adds the figure each row must reach and marks rows that do not (status 1 then as well).
# --write puts the whole page, method and machine included, into FILE.
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
engine="$top/build/native/$(uname -m)/udocker-engine"
root='' rounds=7 only='*' engines='rewrite trap proot runc' statistic=paired column=2 raw='' targets=no write=''
while [ $# -gt 0 ]; do
	case $1 in
	--engine) engine=$2; shift 2 ;;
	--root) root=$2; shift 2 ;;
	--rounds) rounds=$2; shift 2 ;;
	--only) only=$2; shift 2 ;;
	--engines) engines=$2; shift 2 ;;
	--statistic) statistic=$2; shift 2 ;;
	--wall) column=1; shift ;;
	--raw) raw=$2; shift 2 ;;
	--targets) targets=yes; shift ;;
	--write) write=$2 targets=yes; shift 2 ;;
	*) echo "run.sh: unknown option $1" >&2; exit 2 ;;
	esac
done
[ "$(id -u)" = 0 ] || { echo 'skip bench: the chroot it compares with needs root'; exit 0; }
for tree in /var/tmp/rootfs-test "${UDOCKER_TEST_IMAGES:-/var/tmp/udocker-test-images}/native-tree"; do
	[ -z "$root" ] && [ -x "$tree/usr/bin/gcc" ] && root=$tree
done
[ -x "$root/bin/sh" ] || { echo 'skip bench: no Debian tree is there yet (native/test/suites/mkroot.sh --small DIR makes one)'; exit 0; }
work=$(mktemp -d /var/tmp/bench.XXXXXX)
# The tree lies as deep as a user's, /home/USER/.udocker/containers/ID/ROOT: each directory above it costs something.
container=$work/containers/3f2c1a9e-5b7d-3c1f-9a8e-1234567890ab
tree=$root root=$container/ROOT
# The files that workloads make lie in memory: a disk's journal would be measured instead of the engines.
trap 'umount "$root/tmp/bench" 2> /dev/null; mountpoint -q "$root/tmp/bench" || rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
mkdir -p "$container/state" "$work/out"; chmod 755 "$work" "$work/containers" "$container"
# Its files are the tree's own where that can be; what is made here are directories.
cp -al "$tree" "$root" 2> /dev/null || { rm -rf "$root"; cp -a "$tree" "$root"; } || exit 2
uid=$(id -u lab 2>/dev/null || echo 1001) gid=$(id -g lab 2>/dev/null || echo 1001)
mkdir -p "$root/opt/bench" "$root/tmp/bench"
mount -t tmpfs -o size=512m bench "$root/tmp/bench" || { echo 'skip bench: nothing can be mounted here'; exit 0; }
gcc -O2 -o "$work/measure" "$here/measure.c" && gcc -O2 -o "$work/chroot" "$top/native/test/engines/chroot.c" || exit 2
gcc -O2 -pthread -static -o "$root/opt/bench/work.static" "$here/work.c" && gcc -O2 -pthread -o "$root/opt/bench/work.dynamic" "$here/work.c" || exit 2
cat > "$root/opt/bench/make.sh" <<'MAKE'
cd /tmp/bench; rm -rf m; mkdir m; cd m
for i in $(seq 100); do printf '#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\nint f%d(int x) { return x + %d + (int)strlen("x"); }\n' $i $i > f$i.c; done
printf 'int f7(int);\nint main(void) { return f7(0) != 8; }\n' > main.c
printf 'O=$(patsubst %%.c,%%.o,$(wildcard *.c))\nprog: $(O)\n\tgcc -o $@ $^\n' > Makefile
make -s -j2 && ./prog
MAKE
cp "$top"/native/test/engines/{proot,runc} "$work/" 2>/dev/null; chmod 755 "$work"/{measure,chroot,proot,runc}
for box in "$root/bin/busybox" "$(command -v busybox)"; do
	[ -x "$root/opt/bench/busybox" ] || [ ! -x "$box" ] || cp "$box" "$root/opt/bench/busybox"
done
for peer in proot runc; do
	command -v "${!peer:-$peer}" > /dev/null || { echo "bench: $peer is missing, its column is left out" >&2; engines=$(echo " $engines " | sed "s/ $peer / /"); }
done
first=${engine%% *}
if [ -f "$first" ]; then cp "$first" "$work/native"; engine="$work/native${engine#"$first"}"; else engines=$(echo " $engines " | sed 's/ trap / /; s/ rewrite / /'); fi
chown -R "$uid:$gid" "$root/opt/bench" "$root/tmp/bench" "$container/state" "$work/out"

imports='import~argparse,asyncio,collections,concurrent.futures,contextlib,csv,ctypes,dataclasses,datetime,decimal,email,enum,functools,hashlib,http.client,inspect,json,logging,multiprocessing,pathlib,pickle,random,re,shutil,socket,sqlite3,ssl,subprocess,tempfile,threading,unittest,urllib.request,uuid,xml.dom,zipfile'
# Named three times over: one listing takes no longer than the noise of a busy machine.
trees='/usr /etc /var' lists='/usr/share/doc /usr/include /usr/share/perl'
# NAME | most it may cost | is it work on names and files only | program and arguments
table() {
	cat <<TABLE
start /bin/true|-|no|/bin/true
start /bin/sh|-|no|/bin/sh -c :
stat+open, 1 thread, static|1.7|yes|/opt/bench/work.static stat 1 12000
stat+open, 1 thread, dynamic|1.7|yes|/opt/bench/work.dynamic stat 1 12000
stat+open, 4 threads, static|1.7|yes|/opt/bench/work.static stat 4 3000
stat+open, 4 threads, dynamic|1.7|yes|/opt/bench/work.dynamic stat 4 3000
find|1.3|yes|/usr/bin/find $trees $trees $trees -xdev -newer /etc/passwd -name nothing
ls -lR|1.3|yes|/bin/ls -lR $lists $lists $lists
$(if [ -x "$root/opt/bench/busybox" ]; then echo "ls -lR of busybox|-|yes|/opt/bench/busybox ls -lR $lists $lists $lists"; fi)
tar metadata|1.3|yes|/bin/tar cf /dev/null /usr
20k create, rename, unlink|1.3|yes|/opt/bench/work.dynamic files 20000
make -j2 of 100 files|1.10|no|/bin/sh /opt/bench/make.sh
Python imports|1.1|no|/bin/sh -c for~i~in~1~2~3;do~python3~-I~-c~'$imports';done
1000 fork+exec, static|1.3|no|/opt/bench/work.static spawn 1000 /opt/bench/work.static
1000 fork+exec, dynamic|1.3|no|/opt/bench/work.dynamic spawn 1000 /opt/bench/work.dynamic
1000 posix_spawn, dynamic|1.3|no|/opt/bench/work.dynamic posix_spawn 1000 /opt/bench/work.dynamic
untrapped calls|1.2|no|/opt/bench/work.static untrapped 400000
CPU-bound|1.02|no|/opt/bench/work.static cpu 200000000
TABLE
}

# What else the machine does comes second, as far as it may: its work would be in the caches. Not with real-time
# priority, for which runc's control groups have no budget.
first_in_line=()
nice -n -20 true 2> /dev/null && first_in_line=(nice -n -20)

once() { # once ENGINE OUTPUT PROGRAM ARG...
	local which=$1 output=$2 words start drop=(setpriv --reuid="$uid" --regid="$gid" --groups="$gid" --inh-caps=-all)
	shift 2
	words=(plan1 root "$root" exec "$1" bind /proc /proc rw bind /dev /dev rw bind /sys /sys rw cwd /tmp/bench user "$uid" "$gid" "$gid" root-emulation off state "$container/state")
	case $which in
	chroot) start=("$work/chroot") ;;
	proot) start=("${drop[@]}" "$work/proot") ;;
	runc) start=("$work/runc") ;;
	*) start=("${drop[@]}" $engine); words+=(mode "$which") ;;
	esac
	rm -rf "$root/tmp/bench/bench-files" "$root/tmp/bench/m"
	"${first_in_line[@]}" env -i PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LANG=C timeout 300 "$work/measure" "$output" "${start[@]}" "${words[@]}" -- "$@" > "$work/out/last" 2>&1 < /dev/null ||
		echo "bench: $which failed at $*: $(tail -c 200 "$work/out/last")" >&2
}

# Debian's PRoot does not know statx: what asks it is told of the host's files, so its figure would mean nothing.
no_statx=''
case " $engines " in *' proot '*) once proot /dev/null /usr/bin/stat /opt/bench/work.static 2> /dev/null; grep -q 'work.static' "$work/out/last" && grep -q 'Inode:' "$work/out/last" || no_statx=yes ;; esac
tells_nothing() { [ "$1" = proot ] && [ -n "$no_statx" ] && [ "$2" = 'ls -lR' ]; }

file_of() { echo "$work/out/${1//[ \/]/_}.$2"; }

began=$SECONDS
for round in $(seq "$rounds"); do
	while IFS='|' read -r name _ _ command; do
		# What takes longest varies least.
		case $name in '') continue ;; make*) [ "$round" -gt 4 ] && continue ;; esac
		# shellcheck disable=SC2254
		case $name in $only | 'start /bin/true') ;; *) continue ;; esac
		read -ra program <<< "$command"
		program=("${program[@]//\~/ }")
		for which in chroot $engines; do
			# A tracer's figures are far from every limit: once is enough, except for what is subtracted.
			[ "$which" = proot ] && [ "$round" -gt 1 ] && [ "$name" != 'start /bin/true' ] && continue
			tells_nothing "$which" "$name" && continue
			once "$which" "$(file_of "$name" "$which")" "${program[@]}"
		done
	done < <(table)
done

all_well() { [ -f "$1" ] && ! awk '$4 != 0 {bad = 1} END {exit !bad}' "$1"; }

# figure FILE: the minimum, or else the median, of the column over the rounds; empty if one failed
figure() {
	all_well "$1" || return
	awk -v c=$column '{print $c}' "$1" | sort -n | awk -v s=$statistic '{v[NR] = $1} END {print s == "min" ? v[1] : v[int((NR + 1) / 2)]}'
}

# paired FILE START BASE-FILE BASE-START: the median of the ratios of single rounds, whose parts were measured seconds apart
paired() {
	paste "$1" "$3" | awk -v c=$column -v s="$2" -v bs="$4" '{b = $(c + NF / 2) - bs; print ($c - s) / (b > 0.0005 ? b : 0.0005)}' |
		sort -n | awk '{v[NR] = $1} END {printf "%.2f", v[int((NR + 1) / 2)]}'
}

title() { case $1 in rewrite) echo N1 ;; trap) echo N2 ;; proot) echo PRoot ;; *) echo "$1" ;; esac; }
missed() { echo "$1" >> "$work/missed"; }
over() { awk -v a="$1" -v b="$2" 'BEGIN {exit !(a > b)}'; }

rows() {
	local name most names command base base_start e value start ratio mark n1 traced
	while IFS='|' read -r name most names command; do
		base=$(figure "$(file_of "$name" chroot)"); [ -n "$base" ] || continue
		base_start=$(figure "$(file_of 'start /bin/true' chroot)") n1='' traced=''
		case $name in start*) base_start=0 ;; esac
		printf '| %s | %s |' "$name" "$(awk -v b="$base" -v s="$base_start" 'BEGIN {printf "%.3f", b - s}')"
		for e in $engines; do
			value=$(figure "$(file_of "$name" "$e")") start=$(figure "$(file_of 'start /bin/true' "$e")")
			case $name in start*) start=0 ;; esac
			if tells_nothing "$e" "$name"; then printf ' no statx |'; continue; fi
			if [ -z "$value" ]; then
				printf ' failed |'
				case $e in proot | runc) ;; *) missed "$name" ;; esac # a peer's failure is the peer's
				continue
			fi
			if [ $statistic = paired ] && [ "$e" != proot ]; then
				ratio=$(paired "$(file_of "$name" "$e")" "${start:-0}" "$(file_of "$name" chroot)" "$base_start")
			else
				ratio=$(awk -v v="$value" -v s="${start:-0}" -v b="$base" -v bs="$base_start" 'BEGIN {printf "%.2f", (v - s) / (b - bs > 0.0005 ? b - bs : 0.0005)}')
			fi
			mark=''
			if [ $targets = yes ] && [ "$most" != - ] && [ "$e" = rewrite ] && over "$ratio" "$most"; then mark=' (over)'; missed "$name"; fi
			printf ' %s%s |' "$ratio" "$mark"
			[ "$e" = rewrite ] && n1=$ratio
			[ "$e" = proot ] && traced=$ratio
		done
		[ $targets = yes ] && printf ' %s |' "$most"
		if [ "$names" = yes ] && [ -n "$n1" ] && [ -n "$traced" ]; then
			printf ' %s |' "$(awk -v a="$traced" -v b="$n1" 'BEGIN {o = b - 1; printf "%.0f", (a - 1) / (o > 0.01 ? o : 0.01)}')"
		else
			printf ' |'
		fi
		echo
	done < <(table)
}

# Memory: what of the engine's own mappings is resident in a program that waits. They lie together, from its code on.
memory() { # memory ENGINE FIELD PROGRAM
	local pid tries
	: > "$work/out/last"
	once "$1" /dev/null "$3" resident &
	for tries in $(seq 100); do [ -s "$work/out/last" ] && break; sleep 0.02; done
	read -r pid < "$work/out/last"
	awk -v field="$2:" '
		/^[0-9a-f]+-[0-9a-f]+ / { split($1, ends, "-"); at = substr(ends[1], 1, length(ends[1]) - 7)
			if (!base && $6 ~ /\/native$/) base = at
			own = base && at == base }
		own && $1 == field { sum += $2 }
		END { print sum }' "/proc/$pid/smaps"
	wait
}
memory_rows() {
	local kind field e value mark
	for kind in static dynamic; do
		for field in Rss Private_Dirty; do
			printf "| engine's %s KiB in a %s process | |" "$field" "$kind"
			for e in $engines; do
				case $e in proot | runc) printf ' |'; continue ;; esac
				value=$(memory "$e" $field "/opt/bench/work.$kind") mark=''
				if [ $targets = yes ] && [ $field = Rss ] && [ "$value" -gt 300 ]; then mark=' (over)'; missed "$field $kind"; fi
				printf ' %s%s |' "$value" "$mark"
			done
			if [ $targets = yes ]; then if [ $field = Rss ]; then printf ' 300 |'; else printf ' |'; fi; fi
			echo ' |'
		done
	done
}

how_counted() { if [ $statistic = paired ]; then echo 'the median of the ratios'; else echo $statistic; fi; }

page() {
	local what=CPU cell=''
	[ $column = 1 ] && what='wall clock'
	echo "$what as a multiple of a real chroot ($(how_counted) of $rounds interleaved rounds, one for PRoot; the engine's own start subtracted, except in the rows named start)"
	echo
	printf '| workload | chroot s |'; for e in $engines; do printf ' %s |' "$(title "$e")"; done; [ $targets = yes ] && printf ' N1 at most |'; echo " PRoot's overhead, times N1's |"
	for e in workload chroot $engines $([ $targets = yes ] && echo most) times; do cell+='|---'; done; echo "$cell|"
	rows
	memory_rows
}

whole_page() {
	echo '# The native engine: speed and memory'
	echo
	sed -n '/^## Method/,$p' "$here/README.md" | sed '1,2d'
	echo
	echo "Machine: $(nproc) CPUs ($(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)), Linux $(uname -r), load $(cut -d' ' -f1 /proc/loadavg) at the end; measured in $((SECONDS - began)) s."
	echo "Made by \`bench/engine/run.sh --write docs/benchmarks-engine.md\`, which is part of \`make bench\`."
	echo
	cat "$work/page"
}

page > "$work/page"
cat "$work/page"
[ -n "$write" ] && whole_page > "$write" && echo "written: $write"
if [ -n "$raw" ]; then for f in "$work"/out/*.*; do sed "s|^|$(basename "$f") |" "$f"; done > "$raw"; fi
[ ! -s "$work/missed" ]
