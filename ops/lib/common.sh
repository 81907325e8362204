# ops/lib/common.sh -- sourced by the commands in ops/: the tree's root, steps with their time, plain words.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
JOBS=$(nproc)
STEP_NAME=""
STEP_TIMES=()

bold() { if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then printf '\033[1m%s\033[0m\n' "$*"; else printf '%s\n' "$*"; fi; }

die() { printf '%s: %s\n' "ops/$(basename "$0")" "$*" >&2; exit 1; }

# step NAME COMMAND...: runs it, says how long it took, stops everything when it fails.
step() {
  STEP_NAME=$1; shift
  local begin=$SECONDS
  bold "== $STEP_NAME"
  "$@" || die "step failed: $STEP_NAME (command: $*)"
  STEP_TIMES+=("$(printf '%5ds  %s' $((SECONDS - begin)) "$STEP_NAME")")
}

show_times() { printf '%s\n' "${STEP_TIMES[@]}"; }

# On a terminal ninja redraws one line; in a log every tenth is enough. Messages always pass.
build() {
  if [ -t 1 ]; then ninja -C "$@"; return; fi
  ninja -C "$@" | tenths
}

tenths() {
  local line tenth shown=0
  while IFS= read -r line; do
    if [[ $line =~ ^\[([0-9]+)/([0-9]+)\]\  ]]; then
      tenth=$((10 * BASH_REMATCH[1] / BASH_REMATCH[2]))
      if [ "$tenth" -gt "$shown" ]; then shown=$tenth; echo "   ${tenth}0 % of ${BASH_REMATCH[2]}"; fi
    else
      printf '%s\n' "$line"
    fi
  done
}
