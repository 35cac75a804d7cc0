#!/usr/bin/env bash
# The one door to this project. Without a verb it prints its verbs.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$root"

solution=Akka.Jobs.sln
artifacts=$root/artifacts
dispatcher=$artifacts/dispatcher/dispatcher
packages=(ffmpeg espeak-ng pocketsphinx pocketsphinx-en-us postgresql util-linux)

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1 DOTNET_CLI_UI_LANGUAGE=en
# Build servers that outlive the build would keep a pipe of the caller open.
export MSBUILDDISABLENODEREUSE=1
[[ ${CI:-} != true ]] || export UseSharedCompilation=false

passed=0
failed=0
finished=''

main() {
  local verb=${1:-help}
  shift || true
  case $verb in
    help | -h | --help) takes_nothing help "$@"; help ;;
    build) takes_nothing build "$@"; build ;;
    test) test_verb "$@" ;;
    ci) takes_nothing ci "$@"; ci ;;
    demo) demo "$@" ;;
    bench) bench "$@" ;;
    chaos) chaos "$@" ;;
    publish) takes_nothing publish "$@"; build; publish ;;
    format) takes_nothing format "$@"; need_dotnet; dotnet format "$solution" ;;
    *) usage "There is no verb '$verb'." ;;
  esac
}

help() {
  cat <<'END'
Usage: ./build.sh VERB

  help               Prints this.
  build              Restores and builds everything (Release); warnings are errors.
  test [NAME...]     Builds, then runs all tests but the long ones (`ci` runs these too), or those whose full name contains a NAME.
  ci                 Everything that must pass before a merge: locked restore, build, format, tests, a short demo.
  demo [NAME] [--fresh]
                     Cuts a talk video with the real pipeline, or runs the sample of that name (samples/NAME/demo.sh). Kill it and run it again: it goes on where it was.
                     --fresh forgets what was there; --smoke takes a short talk and checks the result.
  bench [ARGS...]    Measures throughput and latency, into artifacts/bench/results.json; ARGS go to the bench.
  chaos [ARGS...]    Three nodes on a PostgreSQL of their own under load (jobs, metered jobs, schedules, orders from a provider) and faults at random, then a check: --seconds N, --seed S.
  publish            Leaves a runnable artifacts/dispatcher/dispatcher.
  format             Formats the sources.
END
}

build() {
  need_dotnet
  dotnet build "$solution" -c Release --nologo -v quiet -clp:ErrorsOnly "$@"
}

# Through a folder of its own, so that a dispatcher that runs from the old one keeps its files.
publish() {
  rm -rf "$artifacts/dispatcher.new"
  dotnet publish src/Dispatcher.Host -c Release --no-build --nologo -v quiet -clp:ErrorsOnly -o "$artifacts/dispatcher.new"
  rm -rf "$artifacts/dispatcher"
  mv "$artifacts/dispatcher.new" "$artifacts/dispatcher"
  echo "Published $dispatcher"
}

test_verb() {
  local name filter=''
  for name in "$@"; do [[ $name != -* ]] || usage "test takes parts of test names, not options such as '$name'."; done
  for name in "$@"; do filter+="${filter:+|}FullyQualifiedName~$name"; done
  build
  use_memory
  run_tests "${filter:-Category!=Long}"
  summary
  ((failed == 0))
}

# Tests wait for the disk more than for anything else, and need none that outlasts them: where memory is large, `test` keeps their files there. `ci` runs on the disk.
use_memory() {
  local free
  free=$(df --output=avail --block-size=1M /dev/shm 2>/dev/null | tail -n 1) || return 0
  [[ -z ${TMPDIR:-} ]] && ((${free:-0} >= 8192)) || return 0
  TMPDIR=$(mktemp -d -p /dev/shm dispatcher-tests-XXXXXX)
  export TMPDIR
  trap 'rm -rf "$TMPDIR"' EXIT
  # PostgreSQL runs as another user.
  chmod 1777 "$TMPDIR"
}

# run_tests [FILTER]: runs every test project; sets passed and failed. A project that ends without results, or that runs no test, counts as a failure.
run_tests() {
  need_packages
  need_clients
  publish
  export DISPATCHER_PROGRAM=$dispatcher
  local results=$artifacts/tests filter=${1:-} project
  rm -rf "$results"
  for project in tests/*/*.csproj; do run_test_project "$project" "$results" "$filter"; done
  if ((passed + failed == 0)); then
    echo "No test ran${filter:+: none is meant by '$filter'}." >&2
    failed=1
  fi
}

run_test_project() {
  local project=$1 results=$2 filter=$3 name counts total ok bad started=$SECONDS exit_code=0
  name=$(basename "$project" .csproj)
  dotnet test "$project" -c Release --no-build --nologo -v quiet --logger "trx;LogFileName=$name.trx" --results-directory "$results" \
    ${filter:+--filter "$filter"} || exit_code=$?
  counts=$(grep -o '<Counters [^>]*' "$results/$name.trx" 2>/dev/null || true)
  total=$(attribute total "$counts")
  ok=$(attribute passed "$counts")
  bad=$((total - ok))
  if ((bad == 0 && exit_code != 0)); then
    echo "$name ended with exit code $exit_code${counts:+ although no test failed}." >&2
    bad=1
  elif ((total == 0)) && [[ $filter != FullyQualifiedName* ]]; then
    echo "$name ran no test." >&2
    bad=1
  fi
  echo "$name: $ok of $total in $((SECONDS - started)) s"
  passed=$((passed + ok))
  failed=$((failed + bad))
}

# attribute NAME TEXT: the number in NAME="..."; 0 if there is none.
attribute() {
  local value
  value=$(sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p" <<<"$2")
  echo "${value:-0}"
}

summary() { echo "$passed passed, $failed failed"; }

# Goes on after a failed check, but not after a failed build. The last line is the summary, whatever happens.
ci() {
  trap finish_ci EXIT
  run_phase restore locked_restore
  run_phase build build_restored
  run_phase format check_format
  run_phase packages need_packages
  run_tests_phase
  run_phase demo smoke_demo
  finished=yes
}

finish_ci() {
  local exit_code=$?
  [[ -n $finished ]] || failed=$((failed + 1))
  summary
  ((failed == 0)) || exit_code=1
  exit "$exit_code"
}

# A phase that fails counts as one failure. Without packages or a build nothing after it makes sense.
run_phase() {
  local name=$1 function=$2 started=$SECONDS exit_code
  echo "--- $name"
  set +e
  (set -e; "$function")
  exit_code=$?
  set -e
  echo "--- $name: exit code $exit_code after $((SECONDS - started)) s"
  if ((exit_code != 0)); then
    case $name in
      format | demo) failed=$((failed + 1)) ;;
      *) exit 1 ;;
    esac
  fi
}

# In this shell, for its counts.
run_tests_phase() {
  local started=$SECONDS
  echo "--- test"
  run_tests
  echo "--- test: $((SECONDS - started)) s"
}

locked_restore() {
  need_dotnet
  dotnet restore "$solution" --locked-mode -v quiet
}

build_restored() { build --no-restore; }

# The rest of the style is checked by the build itself.
check_format() { dotnet format whitespace "$solution" --verify-no-changes --no-restore; }

smoke_demo() {
  rm -rf "$artifacts/demo-smoke"
  run_demo "$artifacts/demo-smoke" 12
  check_demo "$artifacts/demo-smoke"
  local script name
  for script in samples/*/demo.sh; do
    name=$(basename "$(dirname "$script")")
    echo "demo $name"
    run_sample "$name" "$artifacts/demo-$name-smoke" --fresh --smoke >"$artifacts/demo-$name-smoke.log" 2>&1 || {
      cat "$artifacts/demo-$name-smoke.log"
      return 1
    }
    tail -n 1 "$artifacts/demo-$name-smoke.log"
  done
}

# run_sample NAME FOLDER [--fresh] [--smoke]
run_sample() {
  local name=$1
  shift
  DISPATCHER_PROGRAM=$dispatcher bash "samples/$name/demo.sh" "$@"
}

demo() {
  local folder=$artifacts/demo seconds=60 fresh='' smoke='' argument
  if [[ $# -gt 0 && $1 != -* ]]; then
    sample_demo "$@"
    return
  fi
  for argument in "$@"; do
    case $argument in
      --fresh) fresh=yes ;;
      --smoke) smoke=yes ;;
      *) usage "demo takes --fresh and --smoke, not '$argument'." ;;
    esac
  done
  if [[ -n $smoke ]]; then
    folder=$artifacts/demo-smoke
    seconds=12
  fi
  [[ -z $fresh$smoke ]] || rm -rf "$folder"
  need_packages
  build
  publish
  run_demo "$folder" "$seconds"
  [[ -z $smoke ]] || check_demo "$folder"
}

# sample_demo NAME [--fresh] [--smoke]: the demo of samples/NAME, in artifacts/demo-NAME.
sample_demo() {
  local name=$1 argument
  shift
  [[ $name =~ ^[a-z]+$ && -f samples/$name/demo.sh ]] || usage "There is no demo '$name'; there are $(printf '%s\n' samples/*/demo.sh | sed 's|samples/||; s|/demo.sh||' | paste -sd ' ')."
  for argument in "$@"; do [[ $argument == --fresh || $argument == --smoke ]] || usage "demo $name takes --fresh and --smoke, not '$argument'."; done
  need_packages
  build
  publish
  run_sample "$name" "$artifacts/demo-$name" "$@"
}

# The talk and the data directory stay, so that a run that was killed goes on.
run_demo() {
  local folder=${1#"$root"/} seconds=$2 exit_code=0
  [[ -f $folder/talk/talk.mp4 ]] || bash samples/talk/make-talk.sh "$folder/talk" "$seconds"
  echo "> dispatcher run samples/talk/workflow.yaml --input video=$folder/talk/talk.mp4 --data $folder/data --resume"
  "$dispatcher" run samples/talk/workflow.yaml --input "video=$root/$folder/talk/talk.mp4" --data "$folder/data" --resume || exit_code=$?
  if ((exit_code != 0)); then
    echo "The run ended with exit code $exit_code. './build.sh demo' goes on where it was." >&2
    return "$exit_code"
  fi
  show_demo "$folder"
}

show_demo() {
  local folder=$1 job
  job=$(newest_job "$folder")
  echo
  echo "Cuts known (made by the talk's script) and found (by the pipeline), in seconds:"
  compare_cuts "$folder/talk/known-cuts.json" "$job/plan/cut_plan.json"
  echo
  printf 'Duration of the talk:  %s s\n' "$(duration_of "$folder/talk/talk.mp4")"
  printf 'Duration of the cut:   %s s\n' "$(duration_of "$job/renders/base_cuts.mp4")"
  echo
  echo "Artifacts in ${job#"$root"/}:"
  (cd "$job" && find . -type f -not -path '*/chunks/*' -printf '%10s  %P\n' | sort -k 2)
}

# A demo that ended well has found every pause and made the video shorter.
check_demo() {
  local folder=$1 job
  job=$(newest_job "$folder")
  if compare_cuts "$folder/talk/known-cuts.json" "$job/plan/cut_plan.json" | grep -q '^  pause .* missed'; then
    echo "The demo missed a pause." >&2
    return 1
  fi
  awk -v talk="$(duration_of "$folder/talk/talk.mp4")" -v cut="$(duration_of "$job/renders/base_cuts.mp4")" 'BEGIN { exit !(cut > 0 && cut < talk) }' || {
    echo "The demo did not make the talk shorter." >&2
    return 1
  }
}

newest_job() { dirname "$(find "$1/data" -name manifest.json -printf '%T@ %p\n' | sort -n | tail -1 | cut -d' ' -f2-)"; }

duration_of() { ffprobe -v error -show_entries format=duration -of csv=p=0 "$1" | xargs printf '%.2f\n'; }

# One line for each known pause or filler, with the cut that lies over it.
compare_cuts() {
  {
    tr -d '\n' <"$1" | grep -o '"pauses"[^]]*' | entries | sed 's/^/pause /'
    tr -d '\n' <"$1" | grep -o '"fillers"[^]]*' | entries | sed 's/^/filler /'
    tr -d '\n' <"$2" | grep -o '"cuts"[^]]*' | entries | grep 'cut$' | sed 's/^/found /'
  } | awk '
    function seconds(time, parts, count, total, i) {
      count = split(time, parts, ":")
      for (i = 1; i <= count; i++) total = total * 60 + parts[i]
      return total
    }
    $1 == "found" { from[++cuts] = seconds($2); to[cuts] = seconds($3); next }
    { kind[++known] = $1; start[known] = $2; end[known] = $3 }
    END {
      for (k = 1; k <= known; k++) {
        found = "missed"
        for (c = 1; c <= cuts; c++) if (from[c] < end[k] && to[c] > start[k]) { found = sprintf("cut %.2f - %.2f", from[c], to[c]); hits++; break }
        printf "  %-7s %7.2f - %7.2f   %s\n", kind[k], start[k], end[k], found
      }
      printf "  %d of %d found\n", hits, known
    }'
}

# Each object of a JSON list as: START END TYPE.
entries() {
  grep -o '{[^}]*}' | sed -E 's/.*"start": *"?([0-9:.]+).*"end": *"?([0-9:.]+)"?(.*)/\1 \2 \3/; s/[^ ]* *"type": *"([a-z]+)".*/\1/; s/ ,.*//' || true
}

chaos() {
  build
  need_packages
  "tests/Dispatcher.Process.Tests/bin/Release/net10.0/Dispatcher.Process.Tests" chaos "$@"
}

bench() {
  build
  publish
  export DISPATCHER_PROGRAM=$dispatcher
  mkdir -p "$artifacts/bench"
  dotnet run --project bench/Dispatcher.Bench -c Release --no-build -- "$@"
}

need_dotnet() {
  command -v dotnet >/dev/null || fail "The .NET 10 SDK is missing: https://dotnet.microsoft.com/download/dotnet/10.0"
}

# The npm packages of the tests' clients, as the lock file names them. Its time says whether they are those.
need_clients() {
  local clients=tests/clients
  [[ $clients/node_modules/.package-lock.json -nt $clients/package-lock.json ]] && return
  echo "Installing the clients of the tests (npm ci)"
  (cd "$clients" && npm ci --no-audit --no-fund --loglevel=error </dev/null >/dev/null) || fail "npm ci did not work in $clients."
}

# Installs the Debian packages that the tests and the demo call; says which they are when it cannot.
need_packages() {
  local missing=() package sudo=()
  for package in "${packages[@]}"; do
    [[ $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) == 'install ok installed' ]] || missing+=("$package")
  done
  # These may have come another way.
  command -v node >/dev/null && command -v npm >/dev/null || missing+=(nodejs npm)
  command -v python3 >/dev/null || missing+=(python3)
  command -v curl >/dev/null || missing+=(curl)
  ((${#missing[@]} > 0)) || return 0
  ((EUID == 0)) || sudo=(sudo)
  if ! command -v apt-get >/dev/null || ! { ((EUID == 0)) || command -v sudo >/dev/null; }; then
    fail "These Debian packages are missing and cannot be installed from here: ${missing[*]}"
  fi
  echo "Installing ${missing[*]}"
  if ! install "${sudo[@]}"; then fail "Installing these Debian packages did not work: ${missing[*]}"; fi
}

# install [sudo]: the packages of need_packages that are missing.
install() {
  local apt=("$@" env DEBIAN_FRONTEND=noninteractive apt-get -qq)
  "${apt[@]}" update && "${apt[@]}" install -y --no-install-recommends "${missing[@]}" </dev/null >/dev/null
}

takes_nothing() {
  local verb=$1
  shift
  (($# == 0)) || usage "$verb takes no arguments."
}

usage() {
  echo "$1" >&2
  help >&2
  exit 2
}

fail() {
  echo "$1" >&2
  exit 1
}

main "$@"
