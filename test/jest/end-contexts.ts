/**
 * Run before each test file, in its own world. Jest makes a context of execution for each file and never ends it; Node 20
 * goes through all of them for each promise, so that a worker's 100th file pays a hundredfold. Here those of the
 * files before are ended.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

/** The class is the process', the same for each file of a worker: what is kept there outlives a file. */
const USED = Symbol.for('pets.test.used-contexts');
type Watched = typeof AsyncLocalStorage.prototype & { [USED]?: Set<AsyncLocalStorage<unknown>> };
const watched: Watched = AsyncLocalStorage.prototype;

for (const context of watched[USED] ?? []) context.disable();
watched[USED]?.clear();

if (watched[USED] === undefined) {
  const used = (watched[USED] = new Set());
  const run: unknown = Reflect.get(watched, 'run');
  if (typeof run !== 'function') throw new Error('a context has no `run`');
  const watch = function (this: AsyncLocalStorage<unknown>, ...args: unknown[]): unknown {
    used.add(this);
    return Reflect.apply(run, this, args);
  };
  Object.assign(watched, { run: watch });
}
