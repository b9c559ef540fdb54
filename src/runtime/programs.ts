import type { Variables } from '../lib/environment.js';
import type { Programs } from '../lib/program.js';

/** Programs that are run with what of `env` they may see. execa takes longer to load than most of `pets diff`: only where one is run. */
export function programsIn(env: Variables): Programs {
  const load = async () => (await import('../lib/processes.js')).programsWith(env);
  return {
    exec: async (...args) => (await load()).exec(...args),
    capture: async (...args) => (await load()).capture(...args),
    stream: async (...args) => (await load()).stream(...args),
    launch: async (...args) => (await load()).launch(...args),
  };
}
