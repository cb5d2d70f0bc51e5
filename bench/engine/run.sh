#!/bin/bash
# The speed table of the native engine: CPU (user and system of everything, a tracer included) of each
# workload under each engine as a multiple of a real chroot, in interleaved rounds, starting the
# container excluded and told apart. Prints a Markdown table; exit status 1 if a workload failed.
#   run.sh [--engine "COMMAND"] [--root TREE] [--rounds N] [--only PATTERN] [--engines "proot runc trap rewrite"]
#          [--statistic min|median] [--wall] [--raw FILE] [--targets]
# --targets adds the figure each row must reach and marks rows that do not (status 1 then as well).
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
engine="$top/build/native/$(uname -m)/udocker-engine"
root=/var/tmp/rootfs-test rounds=3 only='*' engines='proot runc trap rewrite' statistic=min column=2 raw='' targets=no
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
	*) echo "run.sh: unknown option $1" >&2; exit 2 ;;
	esac
done
[ "$(id -u)" = 0 ] || { echo 'skip bench: the chroot it compares with needs root'; exit 0; }
[ -x "$root/bin/sh" ] || { echo "skip bench: no Debian tree at $root (native/test/suites/mkroot.sh makes one)"; exit 0; }
work=$(mktemp -d /var/tmp/bench.XXXXXX)
trap 'rm -rf "$work" "$root/opt/bench" "$root/tmp/bench"' EXIT
chmod 755 "$work"; mkdir "$work/state" "$work/out"
uid=$(id -u lab 2>/dev/null || echo 1001) gid=$(id -g lab 2>/dev/null || echo 1001)
mkdir -p "$root/opt/bench" "$root/tmp/bench"
gcc -O2 -o "$work/measure" "$here/measure.c" && gcc -O2 -o "$work/chroot" "$top/native/test/engines/chroot.c" || exit 2
gcc -O2 -pthread -static -o "$root/opt/bench/work.static" "$here/work.c" && gcc -O2 -pthread -o "$root/opt/bench/work.dynamic" "$here/work.c" || exit 2
cat > "$root/opt/bench/make.sh" <<'MAKE'
cd /tmp/bench; rm -rf m; mkdir m; cd m
for i in $(seq 100); do printf '#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\nint f%d(int x) { return x + %d + (int)strlen("x"); }\n' $i $i > f$i.c; done
printf 'int f7(int);\nint main(void) { return f7(0) != 8; }\n' > main.c
printf 'O=$(patsubst %%.c,%%.o,$(wildcard *.c))\nprog: $(O)\n\tgcc -o $@ $^\n' > Makefile
make -s -j2 && ./prog
MAKE
cp "$top"/native/test/engines/{proot,runc} "$work/" 2>/dev/null; chmod 755 "$work"/*
first=${engine%% *}
if [ -f "$first" ]; then cp "$first" "$work/native"; engine="$work/native${engine#"$first"}"; else engines=$(echo " $engines " | sed 's/ trap / /; s/ rewrite / /'); fi
chown -R "$uid:$gid" "$root/opt/bench" "$root/tmp/bench" "$work/state" "$work/out"

imports='import~argparse,asyncio,collections,concurrent.futures,contextlib,csv,ctypes,dataclasses,datetime,decimal,email,enum,functools,hashlib,http.client,inspect,json,logging,multiprocessing,pathlib,pickle,random,re,shutil,socket,sqlite3,ssl,subprocess,tempfile,threading,unittest,urllib.request,uuid,xml.dom,zipfile'
# NAME | most it may cost | program and arguments
table() {
	cat <<TABLE
start /bin/true|-|/bin/true
start /bin/sh|-|/bin/sh -c :
stat+open, 1 thread, static|1.7|/opt/bench/work.static stat 1 20000
stat+open, 1 thread, dynamic|1.7|/opt/bench/work.dynamic stat 1 20000
stat+open, 4 threads, static|1.7|/opt/bench/work.static stat 4 5000
stat+open, 4 threads, dynamic|1.7|/opt/bench/work.dynamic stat 4 5000
find|1.3|/usr/bin/find /usr /etc /var -xdev -newer /etc/passwd -name nothing
ls -lR|1.3|/bin/ls -lR /usr/share/doc /usr/include /usr/share/perl
tar metadata|1.3|/bin/tar cf /dev/null /usr
20k create, rename, unlink|1.3|/opt/bench/work.dynamic files 20000
make -j2 of 100 files|1.10|/bin/sh /opt/bench/make.sh
Python imports|1.1|/bin/sh -c for~i~in~1~2~3;do~python3~-I~-c~'$imports';done
1000 fork+exec, static|1.3|/opt/bench/work.static spawn 1000 /opt/bench/work.static
1000 fork+exec, dynamic|1.3|/opt/bench/work.dynamic spawn 1000 /opt/bench/work.dynamic
untrapped calls|1.2|/opt/bench/work.static untrapped 5000000
CPU-bound|1.02|/opt/bench/work.static cpu 400000000
TABLE
}

once() { # once ENGINE OUTPUT PROGRAM ARG...
	local which=$1 output=$2 words start drop=(setpriv --reuid="$uid" --regid="$gid" --groups="$gid" --inh-caps=-all)
	shift 2
	words=(plan1 root "$root" exec "$1" bind /proc /proc rw bind /dev /dev rw bind /sys /sys rw cwd /tmp/bench user "$uid" "$gid" "$gid" root-emulation off state "$work/state")
	case $which in
	chroot) start=("$work/chroot") ;;
	proot) start=("${drop[@]}" "$work/proot") ;;
	runc) start=("$work/runc") ;;
	*) start=("${drop[@]}" $engine); words+=(mode "$which") ;;
	esac
	rm -rf "$root/tmp/bench/bench-files" "$root/tmp/bench/m"
	env -i PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LANG=C timeout 300 "$work/measure" "$output" "${start[@]}" "${words[@]}" -- "$@" > "$work/out/last" 2>&1 < /dev/null ||
		echo "bench: $which failed at $*: $(tail -c 200 "$work/out/last")" >&2
}

for round in $(seq "$rounds"); do
	while IFS='|' read -r name most command; do
		# shellcheck disable=SC2254
		case $name in $only | 'start /bin/true') ;; *) continue ;; esac
		read -ra program <<< "$command"
		program=("${program[@]//\~/ }")
		for which in chroot $engines; do once "$which" "$work/out/${name//[ \/]/_}.$which" "${program[@]}"; done
	done < <(table)
done

# figure FILE: the minimum or the median of the column over the rounds that ended well; empty if one failed
figure() {
	[ -f "$1" ] && ! awk '$4 != 0 {bad = 1} END {exit !bad}' "$1" || return
	awk -v c=$column '{print $c}' "$1" | sort -n | awk -v s=$statistic '{v[NR] = $1} END {print s == "min" ? v[1] : v[int((NR + 1) / 2)]}'
}
what=CPU; [ $column = 1 ] && what='wall clock'
echo "$what as a multiple of a real chroot ($statistic of $rounds interleaved rounds; the engine's own start subtracted, except in the rows named start)"
echo
printf '| workload | chroot s |'; for e in $engines; do printf ' %s |' "$e"; done; [ $targets = yes ] && printf ' at most |'; echo
printf '|---|---|'; for e in $engines; do printf -- '---|'; done; [ $targets = yes ] && printf -- '---|'; echo
status=0
while IFS='|' read -r name most command; do
	base=$(figure "$work/out/${name//[ \/]/_}.chroot"); [ -n "$base" ] || continue
	base_start=$(figure "$work/out/start__bin_true.chroot")
	case $name in start*) base_start=0 ;; esac
	printf '| %s | %s |' "$name" "$(awk -v b="$base" -v s="$base_start" 'BEGIN {printf "%.3f", b - s}')"
	for e in $engines; do
		value=$(figure "$work/out/${name//[ \/]/_}.$e") start=$(figure "$work/out/start__bin_true.$e")
		case $name in start*) start=0 ;; esac
		if [ -z "$value" ]; then printf ' failed |'; status=1; continue; fi
		ratio=$(awk -v v="$value" -v s="${start:-0}" -v b="$base" -v bs="$base_start" 'BEGIN {printf "%.2f", (v - s) / (b - bs > 0.0005 ? b - bs : 0.0005)}')
		mark=''
		if [ $targets = yes ] && [ "$most" != - ] && [ "$e" = rewrite ] && awk -v r="$ratio" -v m="$most" 'BEGIN {exit !(r > m)}'; then mark=' (over)'; status=1; fi
		printf ' %s%s |' "$ratio" "$mark"
	done
	[ $targets = yes ] && printf ' %s |' "$most"
	echo
done < <(table)
# Memory: a static program looks at itself, in the engine and in the chroot.
printf '| resident KiB of one process, above a chroot | - |'
rss() { once "$1" /dev/null /opt/bench/work.static resident; awk '/^Rss:/ {print $2}' "$work/out/last"; }
base=$(rss chroot)
for e in $engines; do
	if [ "$e" = proot ] || [ "$e" = runc ]; then printf ' - |'; else printf ' %s |' "$(($(rss "$e") - base))"; fi
done
[ $targets = yes ] && printf ' 300 |'; echo
if [ -n "$raw" ]; then for f in "$work"/out/*.*; do sed "s|^|$(basename "$f") |" "$f"; done > "$raw"; fi
exit $status
