import { Argument, type Command } from 'commander';
import { EXIT, type ExitCode } from '../../domain/problem.js';
import { oneLine } from '../../ui/index.js';
import { wantedAt } from '../complete.js';
import { FILES, FOLDERS, valuesFor, type Word } from '../../runtime/complete-values.js';
import type { Context } from '../../runtime/context.js';
import type { CommandLine } from '../command-line.js';
import { examples } from '../options.js';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

export function addCompletion({ program, context, ends }: CommandLine): void {
  program
    .command('completion')
    .summary('print a script that teaches a shell to complete `pets`')
    .description(
      'Prints a completion script. It knows nothing itself and asks `pets`: commands and options, and the names of apps, tags, generations, runs, backups and volumes.',
    )
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .addHelpText(
      'after',
      examples(
        'source <(pets completion bash)    # in ~/.bashrc',
        'source <(pets completion zsh)     # in ~/.zshrc, after compinit',
        'pets completion fish > ~/.config/fish/completions/pets.fish',
      ),
    )
    .action((shell: (typeof SHELLS)[number]) => {
      context.stdout.write(SCRIPTS[shell]);
    });
  // Whatever comes after it is somebody's command line, not its own.
  program
    .command('__complete', { hidden: true })
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(() => ends(complete(program, context)));
}

/** Prints what may stand in place of the last word: a line each, what it means after a tab. */
async function complete(program: Command, context: Context): Promise<ExitCode> {
  const words = context.argv.slice(context.argv.indexOf('--') + 1);
  const wanted = wantedAt(program, words);
  const offered = [...wanted.words, ...(await valuesFor(wanted, context))];
  const current = words.at(-1) ?? '';
  const lines = offered.flatMap(([word, meaning]: Word) => {
    if (word === FILES || word === FOLDERS) return [word];
    const whole = `${wanted.prefix}${word}`;
    return whole.startsWith(current) ? [`${whole}\t${oneLine(meaning)}`] : [];
  });
  context.stdout.write(lines.map((line) => `${line}\n`).join(''));
  return EXIT.ok;
}

const BASH = String.raw`# bash completion for pets: source <(pets completion bash)
_pets() {
  local rest=${'$'}{COMP_LINE:0:COMP_POINT} words=() blank word i
  rest=${'$'}{rest#*"${'$'}{COMP_WORDS[0]}"}
  # Bash divides words at = : @ as well: what has no blank in between belongs together.
  for ((i = 1; i <= COMP_CWORD; i++)); do
    blank=${'$'}{rest%%[![:space:]]*}
    rest=${'$'}{rest#"$blank"}
    word=${'$'}{COMP_WORDS[i]}
    ((i == COMP_CWORD)) && word=$rest
    rest=${'$'}{rest#"$word"}
    if [[ -z $blank && ${'$'}{#words[@]} -gt 0 ]]; then words[-1]+=$word; else words+=("$word"); fi
  done
  local current=${'$'}{words[-1]} lines
  mapfile -t lines < <(pets __complete -- "${'$'}{words[@]}" 2>/dev/null)
  case ${'$'}{lines[0]-} in
    :files) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "${'$'}{current#--*=}") ;;
    :folders) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "${'$'}{current#--*=}") ;;
    *)
      # It puts in what comes after the last = or :, and an @ with what follows.
      local last=${'$'}{COMP_WORDS[COMP_CWORD]} before
      case $last in [=:]) last= ;; esac
      before=${'$'}{current%"$last"}
      before=${'$'}{before%@}
      COMPREPLY=("${'$'}{lines[@]%%$'\t'*}")
      COMPREPLY=("${'$'}{COMPREPLY[@]#"$before"}")
      ;;
  esac
}
complete -F _pets pets
`;

const ZSH = String.raw`#compdef pets
# zsh completion for pets: source <(pets completion zsh)
_pets() {
  local -a lines items
  local line
  lines=("${'$'}{(@f)$(pets __complete -- "${'$'}{(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  case ${'$'}{lines[1]} in
    :files) _files ;;
    :folders) _files -/ ;;
    ?*)
      for line in $lines; do
        items+=("${'$'}{${'$'}{line%%$'\t'*}//:/\\:}:${'$'}{line#*$'\t'}")
      done
      _describe pets items
      ;;
  esac
}
# As a file of $fpath it is run as the function itself.
if [[ ${'$'}{funcstack[1]} == _pets ]]; then _pets "$@"; else compdef _pets pets; fi
`;

const FISH = String.raw`# fish completion for pets: pets completion fish > ~/.config/fish/completions/pets.fish
function __pets_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l lines (pets __complete -- $words[2..-1] "$current" 2>/dev/null)
    switch "$lines[1]"
        case :files
            __fish_complete_path (string replace -r -- '^--[^=]*=' '' "$current")
        case :folders
            __fish_complete_directories (string replace -r -- '^--[^=]*=' '' "$current") ''
        case '?*'
            printf '%s\n' $lines
    end
end
complete -c pets -f -a '(__pets_complete)'
`;

const SCRIPTS: Readonly<Record<(typeof SHELLS)[number], string>> = { bash: BASH, zsh: ZSH, fish: FISH };
