import { collect, lastCopied } from './rollback.js';
import { activationOf, desiredApp, evaluated, limitOf, pin, toplevelOf } from './job.js';
import { noted, type Performers } from './performer.js';

/** What builds an app's system, gets it to where it boots, and looks how it does. */
export const SYSTEM = {
  lock: async (job, { urls }) => {
    for (const url of urls) await pin(url, job);
    return {};
  },

  evaluate: async (job) => {
    job.progress.systems.set(job.app, await job.ports.nix.evaluate(desiredApp(job), job.progress.pins));
    return { warnings: evaluated(job).warnings ?? [] };
  },

  build: async (job) => {
    await job.ports.nix.build(desiredApp(job), evaluated(job), job.say);
    return {};
  },

  deliver: async (job, { store }) => {
    const { toplevel } = evaluated(job);
    return noted(await job.ports.stores[store].sendSystem(job.app, toplevel, limitOf(job), job.tell));
  },

  'set-profile': async (job, { store, above }) => {
    const last = Math.max(above, await lastCopied(job));
    const generation = await job.ports.stores[store].setProfile(job.app, evaluated(job).toplevel, last);
    job.progress.generations.set(job.app, generation);
    return { note: `generation ${generation}` };
  },

  return: async ({ app, ports }, { store, generation, toplevel }) => {
    await ports.stores[store].activateGeneration(app, generation, toplevel);
    return { note: `generation ${generation}` };
  },

  activate: async (job, { system, baseline }) => {
    if (baseline) await job.ports.guest.takeBaseline(job.app, limitOf(job));
    job.progress.begun.set(job.app, Date.now());
    return job.ports.guest.activate(job.app, toplevelOf(job, system), activationOf(job), job.say);
  },

  settle: (job, { system }) => {
    const { app, ports, progress, waits } = job;
    const since = progress.begun.get(app);
    return ports.guest.settle(app, toplevelOf(job, system), limitOf(job), waits, since);
  },

  check: async (job, { system, health, through }) => {
    const { app, ports, progress, say } = job;
    const since = progress.begun.get(app);
    const { note } = await ports.guest.check(app, toplevelOf(job, system), health, through, say, since);
    progress.health.set(app, note);
    return { note };
  },

  collect: async (job, { keep, store }) => noted(await collect(job, keep, store)),

  'drop-profile': async ({ app, ports }, { store }) => {
    await ports.stores[store].dropProfile(app);
    return {};
  },
} satisfies Partial<Performers>;
