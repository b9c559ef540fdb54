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
  const { run } = watched;
  watched.run = function (this: AsyncLocalStorage<unknown>, ...args: Parameters<typeof run>) {
    used.add(this);
    return run.apply(this, args);
  } as typeof run;
}
