#!/usr/bin/env bash
# enter.sh <root> <command...>: runs the command in <root> as `person` and fails, too, when processes of it remain.
# Started as the first process of mount and process namespaces of its own: everything in there ends with it.
set -euo pipefail
root=$1
shift

mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount -t proc proc /proc

# Sets `remaining` to the command lines of all processes but this one; a zombie has none.
look_for_remaining() {
  local folder words
  remaining=()
  for folder in /proc/[0-9]*; do
    words=()
    mapfile -d '' -t words 2>/dev/null <"$folder/cmdline" || true # it may end while we look
    if [ "${folder#/proc/}" != $$ ] && [ ${#words[@]} -gt 0 ]; then remaining+=("${words[*]}"); fi
  done
}

status=0
chroot --userspec=person: --groups= "$root" "$@" || status=$?

deadline=$((SECONDS + 2)) # for what was told to end
look_for_remaining
while [ ${#remaining[@]} -gt 0 ] && [ "$SECONDS" -le "$deadline" ]; do
  sleep 0.1
  look_for_remaining
done
if [ ${#remaining[@]} -gt 0 ]; then
  echo "test:fresh: still running after the command:" >&2
  printf '  %s\n' "${remaining[@]}" >&2
  exit 1
fi
exit "$status"
