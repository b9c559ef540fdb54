import type { AppName } from '../domain/names.js';
import type { Incus } from '../domain/services.js';
import { BIN } from './ask.js';
import { PRELUDE } from './shell.js';

/** Where the guest keeps it: it goes when the processes go that it is about. */
const NOTED = '/run/pets-starts';
const ANSWER_MS = 15_000;

/**
 * What a unit says of the process that it starts: program and arguments, and the surroundings that they are looked up
 * in. systemd forgets what it has started with as soon as it reads the unit anew; which start this is, it keeps.
 */
const SAID = ['ExecStart', 'Environment', 'EnvironmentFiles', 'WorkingDirectory', 'RootDirectory'].join(',');

/** `starts <units or patterns>`: for each that is up, which of its starts this is, and a hash of what it says now. */
const STARTS = `starts() {
  local line id= up= text=
  { systemctl show --property=InvocationID,ActiveState,${SAID} -- "$@" && echo; } | while IFS= read -r line; do
    case $line in
      InvocationID=*) id=\${line#*=} ;;
      ActiveState=inactive | ActiveState=failed) up= ;;
      ActiveState=*) up=1 ;;
      ?*) text+="\${line%% ; start_time=*}"$'\\n' ;;
      *)
        [ -z "$id" ] || [ -z "$up" ] || echo "$id $(printf '%s' "$text" | sha256sum)"
        id= up= text= ;;
    esac
  done
}
`;

/** The file. What is noted of a start stays: a switch that is tried again, or taken back, makes no new one of it. */
const NOTE = `${PRELUDE}${STARTS}umask 077
declare -A noted=()
while read -r id hash _; do noted[\${id:-none}]=$hash; done < <(cat "$1" 2>/dev/null)
starts '*.service' | while read -r id hash _; do echo "$id \${noted[$id]:-$hash}"; done >"$1.new" && mv -f "$1.new" "$1"`;

/** Before a switch: what each unit that is up was started with. A guest that does not say is told from by less. */
export async function noteStarts(incus: Incus, app: AppName, file = NOTED): Promise<void> {
  await incus.query(app, [`${BIN}/bash`, '-c', NOTE, 'bash', file], ANSWER_MS).catch(() => null);
}

/** `left <units>`: those that run since before a switch, and do not say any more what they were started with. */
export const leftBy = (file: string) => `${STARTS}left() {
  local unit id hash was said
  for unit; do
    read -r id hash _ < <(starts "$unit") || continue
    while read -r was said; do
      [ "$was" != "$id" ] || [ "$said" = "$hash" ] || echo "$unit"
    done <${file}
  done 2>/dev/null || :
}
`;
export const LEFT = leftBy(NOTED);
