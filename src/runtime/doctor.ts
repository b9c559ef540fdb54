import { dirname } from 'node:path';
import { diagnose } from '../doctor/check.js';
import { CHECKS } from '../doctor/checks.js';
import type { ManifestFound, World } from '../doctor/world.js';
import type { Diagnosis } from '../domain/finding.js';
import { formatProblem, ProblemError } from '../domain/problem.js';
import type { InstanceJson } from '../domain/services.js';
import { forwardersOf } from '../incus/observe/forwarders.js';
import { listeningSockets } from '../incus/observe/sockets.js';
import { profileDirectory } from '../stores/backend.js';
import { LOCAL } from './daemons.js';
import { NoManifest } from './project.js';
import type { Runtime } from './runtime.js';

/** Of one answer, of one program, and of a check as a whole. */
const LIMITS_MS = { answer: 5_000, program: 8_000, check: 10_000 };

/** All checks of this host, and of the manifest where there is one. */
export async function checkHost(runtime: Runtime): Promise<Diagnosis[]> {
  return diagnose(CHECKS, await worldOf(runtime), LIMITS_MS.check);
}

async function worldOf(runtime: Runtime): Promise<World> {
  const { socket, ...daemon } = runtime.daemons.get(LOCAL);
  const manifest = await manifestOf(runtime);
  const project = manifest.kind === 'read' ? manifest.manifest.project : null;
  const ask = daemon.ask(LIMITS_MS.answer);
  return {
    ask,
    socket,
    manifest,
    exec: (command, args, options) =>
      runtime.programs.exec(command, args, { ...options, limitMs: LIMITS_MS.program }),
    folders: {
      profiles: dirname(profileDirectory(project ?? '', 'app')),
      state: runtime.state.folder(project ?? ''),
    },
    forwarders: async () => {
      const instances = (await ask('/1.0/instances?recursion=1')) as readonly InstanceJson[];
      return forwardersOf(project, instances, listeningSockets());
    },
  };
}

async function manifestOf(runtime: Runtime): Promise<ManifestFound> {
  try {
    return { kind: 'read', manifest: (await runtime.project()).manifest };
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    if (error instanceof NoManifest) return { kind: 'none', why: error.message };
    const [first, ...more] = error.problems.map((problem) =>
      formatProblem({ message: problem.message, ...(problem.place ? { place: problem.place } : {}) }),
    );
    const others = more.length > 0 ? `, and ${more.length} more` : '';
    return { kind: 'invalid', why: `${first ?? ''}${others}`, fix: 'pets validate' };
  }
}
