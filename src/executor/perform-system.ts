import { collect, lastCopied } from './rollback.js';
import { activationOf, desiredApp, evaluatedSystem, limitOf, lockSource, toplevelOf } from './job.js';
import { rehearse } from './rehearsal/rehearse.js';
import { noteResult, type Performers } from './performer.js';

/** What builds an app's system, gets it to where it boots, and looks how it does. */
export const SYSTEM = {
  lock: async (job, { urls }) => {
    for (const url of urls) await lockSource(url, job);
    return {};
  },

  evaluate: async (job) => {
    job.state.systems.set(job.app, await job.services.nix.evaluate(desiredApp(job), job.state.pins));
    return { warnings: evaluatedSystem(job).warnings ?? [] };
  },

  build: async (job) => {
    await job.services.nix.build(desiredApp(job), evaluatedSystem(job), job.say);
    return {};
  },

  deliver: async (job, { store }) => {
    const { toplevel } = evaluatedSystem(job);
    return noteResult(await job.services.stores[store].sendSystem(job.app, toplevel, limitOf(job), job.tell));
  },

  rehearse,

  'set-profile': async (job, { store, above }) => {
    const last = Math.max(above, await lastCopied(job));
    const generation = await job.services.stores[store].setProfile(
      job.app,
      evaluatedSystem(job).toplevel,
      last,
    );
    job.state.generations.set(job.app, generation);
    return { note: `generation ${generation}` };
  },

  return: async ({ app, services }, { store, generation, toplevel }) => {
    await services.stores[store].activateGeneration(app, generation, toplevel);
    return { note: `generation ${generation}` };
  },

  activate: async (job, { system, baseline }) => {
    if (baseline) await job.services.guest.takeBaseline(job.app, limitOf(job));
    job.state.begun.set(job.app, Date.now());
    return job.services.guest.activate(job.app, toplevelOf(job, system), activationOf(job), job.say);
  },

  settle: (job, { system }) => {
    const { app, services, state, waits } = job;
    const since = state.begun.get(app);
    return services.guest.settle(app, toplevelOf(job, system), limitOf(job), waits, since);
  },

  check: async (job, { system, health, through }) => {
    const { app, services, state, say } = job;
    const since = state.begun.get(app);
    const { note } = await services.guest.check(app, toplevelOf(job, system), health, through, say, since);
    state.health.set(app, note);
    return { note };
  },

  collect: async (job, { keep, store }) => noteResult(await collect(job, keep, store)),

  'drop-profile': async ({ app, services }, { store }) => {
    await services.stores[store].dropProfile(app);
    return {};
  },
} satisfies Partial<Performers>;
