#!/usr/bin/env bash
# Starts Slurm on this machine alone, in a temporary folder, runs a command beside it, and stops it. For trying slurm.sbatch
# without a cluster. Needs root, and Debian's packages slurm-wlm and munge.
#
#   slurm-node.sh COMMAND [ARGUMENT...]
set -euo pipefail

if [ $# -eq 0 ]; then
  echo "usage: slurm-node.sh COMMAND [ARGUMENT...]" >&2
  exit 64
fi
for program in munged slurmctld slurmd sbatch; do
  command -v "$program" >/dev/null || {
    echo "slurm-node.sh: $program is missing; install slurm-wlm and munge." >&2
    exit 69
  }
done

folder=$(mktemp -d)
daemons=()
trap 'kill "${daemons[@]}" 2>/dev/null || true; wait; rm -rf "$folder"' EXIT

dd if=/dev/urandom of="$folder/munge.key" bs=1024 count=1 status=none
# munged refuses sockets and keys that others could reach, unless it is forced.
chmod 755 "$folder"
chmod 600 "$folder/munge.key"
mkdir "$folder/state" "$folder/spool"
host=$(hostname -s)
cat >"$folder/slurm.conf" <<CONF
ClusterName=one
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=16817
SlurmdPort=16818
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=batch_sched_delay=0,sched_interval=1
ReturnToService=2
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=$(awk '/^MemTotal/ { print int($2 / 1024 * 0.9) }' /proc/meminfo)
PartitionName=all Nodes=$host Default=YES State=UP
CONF
export SLURM_CONF=$folder/slurm.conf

munged --foreground --force --key-file "$folder/munge.key" --socket "$folder/munge.socket" --pid-file "$folder/munge.pid" \
  --log-file "$folder/munge.log" --seed-file "$folder/munge.seed" &>"$folder/munged.out" &
daemons+=($!)
slurmctld -D &>"$folder/slurmctld.out" &
daemons+=($!)
slurmd -D -N "$host" &>"$folder/slurmd.out" &
daemons+=($!)

for ((second = 0; second < 30; second++)); do
  if [ "$(sinfo --noheader --format %t 2>/dev/null)" = idle ]; then
    status=0
    "$@" || status=$?
    exit "$status"
  fi
  sleep 1
done
echo "slurm-node.sh: the node is not ready after 30 seconds:" >&2
tail -n 5 "$folder"/*.log "$folder"/*.out >&2
exit 1
