#!/bin/bash
# Real programs in the engine, each a row with a verdict; a row must pass in a real chroot first
# (a row that fails there is skipped, with that as its reason). Rows marked `root` run as emulated root.
#   workloads.sh [--engine "COMMAND"] [--mode "trap rewrite"] [--root TREE] [--only "PATTERN..."] [--timeout S]
limit_default=180
. "$(dirname "$0")/inside.sh" --timeout $limit_default "$@"
modes=$mode
workload() { # workload NAME IDENTITY SCRIPT, in every mode
	for mode in $modes; do one_workload "$@"; done
}
one_workload() { # one_workload NAME IDENTITY SCRIPT
	local wanted=no pattern
	set -f
	for pattern in $only; do
		# shellcheck disable=SC2254
		case $1 in $pattern) wanted=yes ;; esac
	done
	set +f
	[ $wanted = yes ] || return 0
	local script="set -e; rm -rf /tmp/w; mkdir /tmp/w; cd /tmp/w; $3"
	if [ -z "$NO_CHROOT" ] && [ "$2" = user ]; then
		inside chroot user "$script" > "$work/log" 2>&1 || { skipped=$((skipped + 1)); echo "skip $1 [$mode]: fails in a chroot as well: $(tail -c 200 "$work/log" | tr '\n' '|')"; return; }
		rm -rf "$root/tmp/w"
	fi
	local before after
	inside engine "$2" "$script" > "$work/log" 2>&1
	row "$1" 0 $? "$work/log"
	rm -rf "$root/tmp/w"
}
workload sh-pipes user 'for i in $(seq 200); do echo $i | cat | tr 0-9 a-j > f; done; test "$(cat f)" = caa'
workload apt root 'apt-get -o APT::Sandbox::User=root update && apt-get install -y --no-install-recommends hello && hello | grep -q world && apt-get remove -y hello && ! test -e /usr/bin/hello'
workload apt-service root 'apt-get update && apt-get install -y --no-install-recommends openssh-server && test -f /usr/sbin/sshd && id sshd && dpkg --verify openssh-server && apt-get purge -y openssh-server'
workload useradd root 'useradd -m -u 4321 guest1; id guest1; test "$(stat -c %u /home/guest1)" = 4321; su guest1 -c id | grep -q uid=4321; userdel -r guest1'
workload tar-owners root 'mkdir a; touch a/x a/y; chown 12:34 a/x; chmod 4755 a/x; tar cf a.tar a; rm -r a; tar xpf a.tar; test "$(stat -c %u:%g:%a a/x)" = 12:34:4755; tar --numeric-owner -tvf a.tar | grep -q 12/34'
workload chown-recursive root 'cp -r /usr/share/doc d; chown -R 33:44 d; test -z "$(find d ! -uid 33 -o ! -gid 44)"; rm -r d'
workload setpriv root 'setpriv --reuid 1234 --regid 1234 --clear-groups id -u | grep -qx 1234'
workload gosu root 'gosu nobody id -u | grep -qx 65534; test "$(gosu 1234:4321 id -g)" = 4321; gosu nobody sh -c "! touch /tmp/w/x.\$\$ || true"; touch o; chown nobody o; gosu nobody test -O o'
workload postgres root 'd=/tmp/w/pg; b=/usr/lib/postgresql/15/bin; mkdir $d; chown postgres:postgres $d; gosu postgres $b/initdb -D $d -A trust > log; gosu postgres $b/pg_ctl -D $d -o "-k $d -c listen_addresses=" -l $d/log -w start; gosu postgres $b/psql -h $d -d postgres -c "create table t as select generate_series(1,20000) i" -c "create index on t(i)" -c checkpoint; test "$(gosu postgres $b/psql -h $d -d postgres -Atc "select sum(i) from t")" = 200010000; gosu postgres $b/pgbench -h $d -i -q postgres; gosu postgres $b/pgbench -h $d -c 4 -j 2 -t 50 postgres; gosu postgres $b/pg_ctl -D $d -m fast -w stop; test "$(stat -c %U:%a $d)" = postgres:700'
workload git user 'git init -q r; cd r; git config user.email a@b; git config user.name n; for i in $(seq 30); do echo $i > f$i; git add .; git commit -qm c$i; done; git gc -q; cd ..; git clone -q r c; cd c; git log --oneline | wc -l | grep -qx 30; git fsck; git checkout -q -b x HEAD~5; git merge -q master || git merge -q main'
workload make-j user 'for i in $(seq 60); do echo "int f$i(int x){return x+$i;}" > f$i.c; done; echo "int f60(int);int main(){return f60(-60);}" > main.c; printf "O=\$(patsubst %%.c,%%.o,\$(wildcard *.c))\nprog: \$(O)\n\tgcc -o \$@ \$^\n" > Makefile; make -s -j4; ./prog'
workload perl user 'perl -MFile::Find -MFile::Temp -e "find(sub{\$n++},q(/usr/share/perl5),q(/usr/share/perl)); die unless \$n>100; my (\$h,\$f)=File::Temp::tempfile(); print \$h 1; close \$h; die unless -s \$f; unlink \$f"'
workload venv user 'python3 -m venv v && v/bin/python -c "import sys; assert sys.prefix==\"/tmp/w/v\"" && v/bin/pip --version && v/bin/pip list'
workload pip user 'python3 -m venv v; mkdir -p p/hello; echo "def main(): print(\"hello\")" > p/hello/__init__.py; printf "from setuptools import setup\nsetup(name=\"hello\", version=\"1\", packages=[\"hello\"], entry_points={\"console_scripts\": [\"hello=hello:main\"]})\n" > p/setup.py; v/bin/pip install --no-index --no-build-isolation ./p; test "$(v/bin/hello)" = hello; v/bin/pip uninstall -y hello; ! test -e v/bin/hello'
workload python-mp user 'python3 -c "
import multiprocessing as m, concurrent.futures as c, os
with m.Pool(8) as p: assert sum(p.map(len,[\"x\"*i for i in range(200)]))==19900
with c.ThreadPoolExecutor(32) as e: assert all(e.map(os.path.exists,[\"/etc/passwd\"]*2000))"'
workload node user 'node -e "const fs=require(\"fs\"),cp=require(\"child_process\");for(let i=0;i<200;i++){fs.writeFileSync(\"f\"+i,\"x\");fs.renameSync(\"f\"+i,\"g\"+i)}if(fs.readdirSync(\".\").length!=200)throw 1;if(cp.execSync(\"pwd\").toString()!=\"/tmp/w\n\")throw 2;new (require(\"worker_threads\").Worker)(\"require(\\\"fs\\\").statSync(\\\"/etc/passwd\\\")\",{eval:true})"'
workload esbuild user 'test -x /opt/esbuild || { echo no esbuild in the tree; exit 1; }; for i in $(seq 100); do echo "export const v$i = $i" > m$i.js; echo "import {v$i} from \"./m$i.js\"; console.log(v$i)" >> main.js; done; for i in 1 2 3 4 5; do /opt/esbuild --bundle main.js --outfile=out.js --log-level=error; done; grep -q v99 out.js'
workload java user 'printf "public class T { public static void main(String[] a) throws Exception { Thread[] t = new Thread[16]; for (int i=0;i<16;i++) { final int n=i; t[i]=new Thread(()->{ try { for (int k=0;k<50;k++) { java.nio.file.Path p=java.nio.file.Paths.get(\"j\"+n); java.nio.file.Files.write(p,new byte[10]); java.nio.file.Files.delete(p);} } catch (Exception e) { System.exit(3); } }); t[i].start(); } for (Thread x: t) x.join(); System.out.println(\"done\"); } }" > T.java; if command -v javac >/dev/null; then javac T.java && java T | grep -q done; else java -version && java -XshowSettings:all -version; fi'
workload gdb-run user 'echo "int main(int c,char**v){return c*7;}" > t.c; gcc -g -o t t.c; gdb -batch -ex "break main" -ex run -ex "print c" -ex continue ./t > out 2>&1; cat out; grep -q "= 1" out; grep -q "exited with code 07" out'
workload gdb-attach user 'sleep 30 & p=$!; gdb -batch -p $p -ex "info registers" -ex detach > out 2>&1; cat out; grep -q rip out; kill $p'
workload strace user 'strace -f -o log sh -c "cat /etc/passwd >/dev/null; ls / >/dev/null"; grep -q exited log; strace -c true'
workload tmux user 'tmux -S /tmp/w/sock new-session -d "cat > typed"; tmux -S /tmp/w/sock list-sessions; tmux -S /tmp/w/sock send-keys hello Enter; sleep 0.5; grep -q hello typed; tmux -S /tmp/w/sock kill-server'
workload job-control user 'cat > s <<"E"
set -m
sleep 5 & kill -STOP %1; sleep 0.2; jobs -l | grep -qi stopped; kill -CONT %1; kill %1; wait %1 || true
E
script -qec "bash s" /dev/null'
workload redis user 'redis-server --port 0 --unixsocket /tmp/w/r.sock --save "" --daemonize yes --pidfile /tmp/w/pid --dir /tmp/w; for i in 1 2 3 4 5 6 7 8 9 10; do redis-cli -s /tmp/w/r.sock ping && break; sleep 0.3; done; redis-cli -s /tmp/w/r.sock set a b; test "$(redis-cli -s /tmp/w/r.sock get a)" = b; redis-benchmark -s /tmp/w/r.sock -n 2000 -q; redis-cli -s /tmp/w/r.sock bgsave; sleep 1; redis-cli -s /tmp/w/r.sock shutdown save; test -s dump.rdb'
workload fork-storm user 'for i in $(seq 1000); do /bin/true & done; wait'
workload fork-storm-python user 'python3 -c "
import os
for r in range(10):
    k=[]
    for i in range(100):
        p=os.fork()
        if not p: os.stat(\"/etc/passwd\"); os._exit(0)
        k.append(p)
    for p in k: assert os.waitpid(p,0)[1]==0"'
workload argv-1mb user 'a=$(printf "%0100000d" 0); for i in 1 2 3 4 5 6 7 8 9 10 11; do set -- "$@" "$a"; done; /bin/echo "$@" | wc -c | grep -qx 1100011; find /usr/bin /usr/lib /usr/share -type f -print0 | xargs -0 ls -d | wc -l'
workload find-tar user 'find / -xdev -name "*.py" 2>/dev/null | wc -l; tar cf - /usr/share/perl5 2>/dev/null | tar xf - ; diff -r /usr/share/perl5 usr/share/perl5'
workload busybox user 'busybox sh -c "busybox ls -lR /etc >/dev/null; busybox find /usr/bin | busybox wc -l; busybox cp -r /etc/apt a; busybox rm -r a"'
workload locale user 'localedef -i en_US -f UTF-8 ./en_US.UTF-8; test -d en_US.UTF-8'
closing
