# Sourced by test-programs.sh: the command's own behaviour, mostly where something is wrong.
v() { ordinary timeout 60 "$stage/viaduct.sh" "$@"; }
exits() { # status, command...
  local want=$1 got; shift; "$@" </dev/null; got=$?
  [ "$got" -eq "$want" ] || { echo "exit status $got, not $want"; return 1; }
}
says() { # pattern, command...: on stdout or stderr
  local pattern=$1; shift; "$@" </dev/null >"$work/said" 2>&1; cat "$work/said"; grep -qE -- "$pattern" "$work/said"
}

gcc -O1 -static -Wall -Werror -o "$stage/deny" test/command/deny.c && gcc -O1 -static -pthread -Wall -Werror -o "$stage/pollwait" \
  test/command/pollwait.c && chmod a+rx "$stage/deny" "$stage/pollwait"
denied() { ordinary timeout 60 "$stage/deny" "$1" "$2" "$stage/viaduct.sh" "${@:3}"; } # EPERM is 1, ENOSYS 38

check 'the exit status is the program'\''s' exits 3 v run -q -- sh -c 'exit 3'
check 'a signal ends it with 128 + its number' exits 143 v run -q -- sh -c 'kill -TERM $$'
check 'no such program: 127' exits 127 v run -q -- /no/such/program
check 'not executable: 126' exits 126 v run -q -- /etc/passwd
check 'no program at all: 125' exits 125 v run -q --device edu
check 'no such device: 125' exits 125 v run --device ioatt -- true
check 'no such device: says which are there, and the nearest' says "'ioat' perhaps: there are edu, ioat" v run --device ioatt -- true
check 'no such key: says which are there' says "no key 'xfercapp'; 'xfercap' perhaps" v run --device ioat,xfercapp=1 -- true
check 'a short address is refused and the right form shown' says '0000:01:00.0' v run --device edu,addr=01:00.0 -- true
check 'two devices at one address are refused' says 'Two devices' v run --device edu,addr=0000:05:00.0 --device edu,addr=0000:05:00.0 -- true
check 'a misspelt option is named, and not taken for the program' says "no option '--devise'|Unrecognized|'--devise'" v run --devise edu -- true
check 'run --help shows how to type it' says 'viaduct run \[options\] -- PROGRAM' v run --help
faces=$stage/faces; mkdir -p "$faces" && cp test/transcripts/machines/nvme.* "$faces" && chmod -R a+rX "$faces"
check 'a replica without a dump says what to give' says 'replica needs config=FILE' v run --device replica -- true
check 'a replica without sizes says how to give them' says "BAR0 is there.*resource=FILE" v run --device "replica,config=$faces/nvme.config" -- true
check 'a replica of a file that is no dump says so' says 'no bytes of a configuration space' v run --device "replica,config=$faces/nvme.resource" -- true
check 'a replica shows its card in sysfs' says '^0x1b36 0x0010 0x010802$' v run -q --device "replica,config=$faces/nvme.config,resource=$faces/nvme.resource" -- \
  sh -c 'cd /sys/bus/pci/devices/0000:01:00.0; echo $(cat vendor device class)'
check '--device help lists the models' says 'ioat.*8086:2021' v run --device help
check 'devices NAME shows keys and registers' says 'CHANERR' v devices ioat
check 'devices --json is what programs read' says '"pciId": "8086:2021"' v devices --json
check 'without an IOMMU: the banner names the group' says '/dev/vfio/noiommu-1 ' v run --iommu none --device edu -- true
check 'without an IOMMU: the group, the node and the parameter are there' says '^Y 0 0$' v run -q --iommu none --device edu -- \
  sh -c 'p=$(cat /sys/module/vfio/parameters/enable_unsafe_noiommu_mode); test -c /dev/vfio/noiommu-1; a=$?; test -c /dev/vfio/devices/noiommu-vfio0; echo $p $a $?'
check 'without an IOMMU: one device alone' says '^2 devices noiommu-1 vfio$' v run -q --device edu,iommu=none --device edu -- sh -c 'echo $(ls /dev/vfio)'
check 'without an IOMMU: a group cannot be shared' says 'has a group of its own' v run --iommu none --device edu,group=4 --device edu,group=4 -- true
check 'no such IOMMU: says which there are' says "'type1'|type1" v run --iommu smmu --device edu -- true
check 'POWER: group 0, and no iommufd' says '^0 vfio$' v run -q --iommu spapr --device edu,addr=0000:00:00.0 -- sh -c 'echo $(ls /dev/vfio) $(ls /dev/iommu 2>/dev/null)'
check 'POWER: no such key, says what there is' says "'pages=64k' is not known.*page=4k" v run --iommu spapr,pages=64k --device edu -- true
check 'POWER: one kind of IOMMU' says 'one kind of IOMMU' v run --iommu spapr --device edu,iommu=type1 -- true
check 'tce replay: a trace as it was recorded' says 'Every return code' v tce replay test/tce/guest.trace
check 'tce replay: a trace that was changed' exits 125 v tce replay test/tce/changed.trace
check 'tce replay: says where it differs' says 'line 4: the call returned 0' v tce replay test/tce/changed.trace
check 'tce replay: what is no trace' says 'there is no TCE hypercall in it' v tce replay /etc/passwd
check 'doctor says yes here' exits 0 v doctor
check 'seccomp forbidden: run says so' says 'seccomp failed with EPERM' denied 317 1 run --device edu -- true
check 'seccomp forbidden: run exits 125' exits 125 denied 317 1 run --device edu -- true
check 'seccomp forbidden: doctor says what to do' says 'fix seccomp notify: .*security-opt' denied 317 1 doctor
check 'seccomp forbidden: doctor exits 125' exits 125 denied 317 1 doctor
check 'ptrace forbidden: run says so' says 'ptrace failed with EPERM' denied 101 1 run --device edu -- true
check 'ptrace forbidden: the program does not run' exits 125 denied 101 1 run --device edu -- sh -c 'exit 0'
check 'ptrace forbidden: doctor says what to do' says 'fix ptrace: .*SYS_PTRACE' denied 101 1 doctor
check 'process_vm_readv forbidden: doctor says so' says 'process_vm_readv.*refused' denied 310 1 doctor
check 'pidfd_getfd forbidden, as by Docker: interrupts arrive all the same' says 'verify +ok' denied 438 1 demo
check 'run inside run: says that there is a supervisor already' says 'another program supervises' v run -q -- "$stage/viaduct.sh" run -q -- true
check '--quiet is quiet' says '^$' sh -c "$stage/viaduct.sh run -q --device edu -- true; echo"
check 'stdin and stdout pass through' says '^hello$' sh -c "echo hello | $stage/viaduct.sh run -q --device edu -- cat"
check 'a shell script of several programs sees the device' says '^0x1234$' v run -q --device edu -- sh -c 'cd /sys/bus/pci/devices/0000:01:00.0; cat vendor | cat'
check 'the listing of /dev/vfio' says 'crw.* vfio$' v run -q --device edu -- ls -l /dev/vfio
cat >"$stage/drivers.sh" <<'EOF'
cd /sys/bus/pci/devices/0000:01:00.0
bdf=0000:01:00.0 drivers=/sys/bus/pci/drivers
echo $bdf >driver/unbind && r=unbound
echo $bdf 2>"$1" >$drivers/vfio-pci/unbind && r="$r twice"
grep -qE 'No such device|I/O error' "$1" && r="$r and once"
r="$r: $(ls /dev/vfio)"
printf 'nobody\n' >driver_override; r="$r, for $(cat driver_override)"
echo $bdf | tee /sys/bus/pci/drivers_probe >"$1"; [ -e driver ] && r="$r, bound"
echo vfio-pci | dd of=driver_override 2>"$1"
cat "$1" >$drivers/vfio-pci/bind 2>/dev/null && r="$r, bound by nonsense"
echo $bdf >"$1"; cat "$1" >$drivers/vfio-pci/bind
echo "$r, for $(basename "$(readlink driver)")" $(ls /dev/vfio)
EOF
chmod a+r "$stage/drivers.sh"; touch "$stage/scratch"; chmod a+rw "$stage/scratch"
for shell in bash dash 'busybox sh'; do
  command -v "${shell%% *}" >/dev/null || { echo "skip: no ${shell%% *} here"; count 0 0 1; continue; }
  # Word splitting is wanted: a shell, and its name for it.
  # shellcheck disable=SC2086
  check "$shell gives a device to a driver by redirections, and gets the errors" \
    says '^unbound and once: vfio, for nobody, for vfio-pci 1 devices vfio$' v run -q --device ioat -- $shell "$stage/drivers.sh" "$stage/scratch"
done
check 'virtual functions come and go' says '^2: 0000:01:10.0 vfio-pci 0000:01:10.1 0x2021, then 0 0$' v run -q --enable-sriov --device ioat,vfs=2 -- sh -c '
  cd /sys/bus/pci/devices/0000:01:00.0; echo 2 >sriov_numvfs
  r="$(cat sriov_numvfs): $(basename $(readlink virtfn0)) $(basename $(readlink virtfn0/driver)) $(basename $(readlink virtfn1)) $(cat virtfn1/device)"
  echo 0 >sriov_numvfs; echo "$r, then $(cat sriov_numvfs)" $(ls | grep -c virtfn)'
check 'what the launcher set for itself is not in the program'\''s environment' says '^none$' v run -q -- sh -c 'env | grep -E "DOTNET_EnableDiag|VIADUCT_L" || echo none'
check 'parents that poll see their children end at once' says '200 children' v run -q -- "$stage/pollwait"
check 'the same without us' says '200 children' "$stage/pollwait"

# A server for one command: started, waited for, asked to end. Its output is in serve.out and serve.err.
sockets=$stage/sockets; mkdir -p "$sockets" && chmod 1777 "$sockets"
serving() { # arguments of serve, '--', a command that runs meanwhile
  local arguments=() pid status; while [ "$1" != -- ]; do arguments+=("$1"); shift; done; shift
  ordinary "$stage/viaduct.sh" serve "${arguments[@]}" >"$sockets/serve.out" 2>"$sockets/serve.err" & pid=$!
  for _ in $(seq 300); do [ -s "$sockets/serve.out" ] && break; kill -0 $pid 2>/dev/null || break; sleep 0.1; done
  "$@"; status=$?
  pkill -TERM -P $pid -f 'viaduct.dll serve' || kill -TERM $pid; wait $pid || { echo "the server ended with $?"; cat "$sockets/serve.err"; return 1; }
  cat "$sockets/serve.out" "$sockets/serve.err"
  return $status
}
hello() { says '1af4:10f0' true; stat -c '%a %F' "$sockets/n.sock" | grep -q '^600 socket$' && grep -q '"driver":"vfio-user-pci","socket":{"type":"unix","path":"'"$sockets/n.sock"'"}' "$sockets/serve.out" && grep -q 'user-device socket=' "$sockets/serve.out"; }
check 'serve prints what to paste, and the socket is the user'\''s alone' serving --device nvme,size=16M --socket-path "$sockets/n.sock" -- hello
check 'serve takes its socket away' test ! -e "$sockets/n.sock"
leftover() { ordinary "$stage/viaduct.sh" serve -d edu -s "$sockets/l.sock" >/dev/null 2>&1 & sleep 2; pkill -KILL -f 'viaduct.dll serve -d edu -s .*l.sock'; wait; test -S "$sockets/l.sock"; }
check 'a killed server leaves its socket' leftover
check 'and the next one takes its place' serving -d edu -s "$sockets/l.sock" -- true
: >"$sockets/file"
check 'a file in the place of the socket stays' says 'EADDRINUSE' v serve -d edu -s "$sockets/file"
check 'a socket for each device' says 'There are 2 devices and 1 sockets' v serve -d edu -d edu -s "$sockets/a"
check 'a descriptor that is no socket is named' says 'Descriptor 0 is no socket' v serve -d edu --fd 0
check 'serve without a device says how' says 'viaduct serve --device edu --socket-path' v serve
check 'serve leaves state' serving -d nvme,size=16M -s "$sockets/n.sock" --state-dir "$sockets/state" -- true
check 'the state is there' test -s "$sockets/state/nvme-0000:01:00.0.state"
goes_on() { serving -d nvme,size=16M -s "$sockets/n.sock" --state-dir "$sockets/state" -- test ! -e "$sockets/state/nvme-0000:01:00.0.state" && grep -q 'goes on where the last server left it' "$sockets/serve.err"; }
check 'the next server goes on from it, and nobody after a crash' goes_on
bad_state() { echo nonsense >"$sockets/state/nvme-0000:01:00.0.state"; chmod a+rw "$sockets/state"/*; serving -d nvme,size=16M -s "$sockets/n.sock" --state-dir "$sockets/state" -- true; grep -q 'begins as after power on' "$sockets/serve.err"; }
check 'a state that is none is told' bad_state
no_state() { ! serving -d nvme,size=16M -s "$sockets/n.sock" --state-dir /proc/none -- true && grep -q 'state could not be written' "$sockets/serve.err"; }
check 'a state that cannot be written is told, and is the exit status' no_state
check 'an nvme file that is not there says what to give' says 'size=' v serve -d "nvme,file=$sockets/none.img" -s "$sockets/n.sock"
check 'a library of devices' dotnet build samples/HelloDevice -c Release -o "$stage/hello" -p:RunAnalyzers=false -v q --nologo
chmod -R a+rX "$stage/hello"
check 'devices shows what is in it' says 'checksum \(1af4:10ff\)' v devices "$stage/hello/HelloDevice.dll"
check 'run has it' says '^0x10ff$' v run -q -d "$stage/hello/HelloDevice.dll:ChecksumFunction,seed=3" -- cat /sys/bus/pci/devices/0000:01:00.0/device
check 'its keys are checked' says "no key 'sed'; 'seed' perhaps" v run -d "$stage/hello/HelloDevice.dll,sed=3" -- true
cp "$stage/deny" "$stage/deny.dll"
check 'a library that is none is told' says 'cannot be loaded' v run -d "$stage/deny.dll" -- true

# DPDK's own test of its driver for I/OAT, where DPDK is installed. It goes on without the device where it cannot have it.
dpdk() {
  mkdir -p "$stage/dpdk" && chmod 1777 "$stage/dpdk"
  printf 'dmadev_autotest\nquit\n' | ordinary timeout 120 env XDG_RUNTIME_DIR="$stage/dpdk" "$stage/viaduct.sh" run -q "$@" --device ioat -- \
    dpdk-test --no-huge -m 256 --iova-mode=va -a 0000:01:00.0 -l 0 2>&1 | tr '\r' '\n' >"$work/dpdk"
  tail -n 20 "$work/dpdk" | cut -c-200; grep -aq 'Test OK' "$work/dpdk" && ! grep -a 'cannot be used' "$work/dpdk"
}
if command -v dpdk-test >/dev/null; then
  check 'DPDK drives ioat' dpdk
  check 'DPDK drives ioat behind a POWER host bridge, each of its 65,536 pages registered and mapped' dpdk --iommu spapr,platform=powernv
else
  echo 'skip DPDK drives ioat: there is no dpdk-test (Debian: dpdk-dev)'; count 0 0 1
fi

# The supervisor dies: so does the program, and nothing stays behind.
supervisor_dies() {
  local before after pid child
  before=$(ls -A /tmp /dev/shm | sort | grep -v dotnet)
  ordinary "$stage/viaduct.sh" run -q --device edu -- sh -c 'echo $$ >"$0"; exec sleep 300' "$stage/pid" &
  for _ in $(seq 200); do [ -s "$stage/pid" ] && break; sleep 0.1; done
  child=$(cat "$stage/pid"); pid=$(pgrep -f "viaduct.dll run -q --device edu -- sh -c echo" | head -1)
  kill -9 "$pid"
  for _ in $(seq 100); do kill -0 "$child" 2>/dev/null || break; sleep 0.1; done
  if kill -0 "$child" 2>/dev/null; then echo "the program outlived its supervisor"; kill -9 "$child"; return 1; fi
  after=$(ls -A /tmp /dev/shm | sort | grep -v dotnet)
  [ "$before" = "$after" ] || { diff <(echo "$before") <(echo "$after"); return 1; }
}
: >"$stage/pid"; chmod a+w "$stage/pid"
check 'if the supervisor is killed, so is the program, and no file is left' supervisor_dies
