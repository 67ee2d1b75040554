/**
 * Lines that make this script the one that may run the instance's worker: the last one that says so. With `takeOver`
 * after them and `superseded` asked before and after each start, two scripts that meet at any moment leave one worker,
 * for each writes its own mark before it reads the other's.
 */
export function claimLines(): string[] {
  return [
    '[ -d "$HOME/tessera" ] || mkdir -p "$HOME/tessera"',
    'pid_file="$HOME/tessera/worker.pid"; claim_file="$HOME/tessera/worker.claim"',
    'echo "$$" > "$claim_file"',
    'superseded() { owner=; read -r owner < "$claim_file"; [ "$owner" != "$$" ]; }',
  ];
}

/**
 * Lines that end the program which an earlier command left in `$pid_file`: a worker told to stop finishes or releases
 * its package, so a refresh loses no work. Without such a program they start no process. A process id that now belongs
 * to another program is left alone.
 */
export function takeOver(program: string, seconds: number): string[] {
  return [
    'former=',
    '[ ! -s "$pid_file" ] || read -r former < "$pid_file"',
    `still_runs() { case "$(ps -o args= -p "$former" 2>/dev/null)" in *"/tessera/bundles/"*"/${program}"*) return 0 ;; *) return 1 ;; esac; }`,
    'if [ -n "$former" ] && kill -0 "$former" 2>/dev/null && still_runs; then',
    '  say "stopping the former program, process $former"',
    '  kill -TERM "$former" 2>/dev/null; waited=0',
    `  while [ "$waited" -lt ${seconds} ] && still_runs; do sleep 1; waited=$((waited + 1)); done`,
    '  if still_runs; then kill -KILL "$former" 2>/dev/null; fi',
    'fi',
  ];
}
