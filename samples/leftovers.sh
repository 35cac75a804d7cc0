# Sourced by the demos: what a run that was killed has left would keep the data directory of the next one.

# is_at_work ID FOLDER: whether that process names the folder in its command line. One that is dead and not yet reaped has none.
is_at_work() { { tr '\0' ' ' <"/proc/$1/cmdline"; } 2>/dev/null | grep -qF -- "$2/"; }

# stop_leftover FOLDER NAME: ends the process of which FOLDER/NAME.pid holds the id, if that id is still a process at work in the folder.
stop_leftover() {
  local id
  [[ -s $1/$2.pid ]] || return 0
  id=$(<"$1/$2.pid")
  if is_at_work "$id" "$1"; then
    kill -9 "$id" 2>/dev/null || true
    while is_at_work "$id" "$1"; do sleep 0.05; done
  fi
  rm -f "$1/$2.pid"
}
