import { mayAsk, promptOn, type Prompt } from './confirm.js';
import type { Context, GlobalOptions } from './context.js';
import { daemonsIn, type Daemons } from './daemons.js';
import { foregroundIn, type Foreground } from './foreground.js';
import { outputFor, type Output } from './output.js';
import type { Programs } from '../lib/program.js';
import { readProject, readProjectIfAny, type Project } from './project.js';
import { stateIn, type State } from './state.js';
import type { Variables } from '../lib/environment.js';

/**
 * All that a verb has around it, made once from the process and the options that every verb takes. Nothing else
 * looks at the environment, or for a daemon, or at how one is to speak.
 */
export type Runtime = Pick<Context, 'cwd' | 'argv' | 'stdin' | 'draining'> & {
  readonly output: Output;
  readonly prompt: Prompt;
  readonly state: State;
  readonly daemons: Daemons;
  readonly programs: Programs;
  readonly foreground: Foreground;
  /** The manifest that was named. */
  readonly file: string | undefined;
  /** What opens a URL; null where there is nothing to see it on. */
  readonly browser: string | null;
  /** Reads it anew each time: under the lock it may be another than before. */
  readonly project: () => Promise<Project>;
  /** Null where none is named and there is none. */
  readonly projectIfAny: () => Promise<Project | null>;
};

export type RuntimeOptions = GlobalOptions & {
  /** False: never ask. */
  readonly input?: boolean;
};

export function createRuntime(context: Context, options: RuntimeOptions): Runtime {
  const { cwd, argv, env, stdin, stderr, draining } = context;
  const output = outputFor(context, options);
  const programs = programsIn(env);
  const state = stateIn(env, programs.capture);
  const daemons = daemonsIn(env);
  const { file, lockFile } = options;
  const reading = { cwd, stdin, file, lockFile, state, daemons };
  return {
    ...{ cwd, argv, stdin, draining, output, programs, state, daemons, file },
    prompt: promptOn({ stdin, stderr }, () => mayAsk(options, output, { stdin, stderr })),
    foreground: foregroundIn({ ...context, capture: programs.capture }),
    browser: browserIn(env),
    project: () => readProject(reading),
    projectIfAny: () => readProjectIfAny(reading),
  };
}

/** `BROWSER` has names, the first choice first. */
function browserIn(env: Context['env']): string | null {
  if (!env['DISPLAY'] && !env['WAYLAND_DISPLAY']) return null;
  return (env['BROWSER'] ?? '').split(':').find((program) => program !== '') ?? 'xdg-open';
}

/** Programs that are run with what of `env` they may see. execa takes longer to load than most of `pets diff`: only where one is run. */
function programsIn(env: Variables): Programs {
  const load = async () => (await import('../lib/processes.js')).programsWith(env);
  return {
    exec: async (...args) => (await load()).exec(...args),
    capture: async (...args) => (await load()).capture(...args),
    stream: async (...args) => (await load()).stream(...args),
    launch: async (...args) => (await load()).launch(...args),
  };
}
