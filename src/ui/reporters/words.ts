import type { AppPlan, Interrupts, Plan, Verb } from '../../domain/plan.js';
import type { Tone } from '../style.js';
import { plural } from '../../lib/format.js';

type VerbRow = {
  /** In a plan: `~ web  proxy update`. */
  readonly plan: string;
  /** After the run: `web  proxy updated`. */
  readonly result: string;
  readonly glyph: string;
  readonly tone: Tone;
};

export const VERBS = {
  create: { plan: 'create', result: 'created', glyph: '+', tone: 'green' },
  recreate: { plan: 'create anew', result: 'created anew', glyph: '±', tone: 'red' },
  rename: { plan: 'rename', result: 'renamed', glyph: '~', tone: 'yellow' },
  rollback: { plan: 'roll back', result: 'rolled back', glyph: '↩', tone: 'yellow' },
  rebuild: { plan: 'rebuild', result: 'rebuilt', glyph: '~', tone: 'yellow' },
  restart: { plan: 'restart', result: 'restarted', glyph: '~', tone: 'yellow' },
  reconfigure: { plan: 'reconfigure', result: 'reconfigured', glyph: '~', tone: 'yellow' },
  secrets: {
    plan: 'secrets update',
    result: 'secrets updated',
    glyph: '~',
    tone: 'yellow',
  },
  'proxy-update': { plan: 'proxy update', result: 'proxy updated', glyph: '~', tone: 'yellow' },
  metadata: { plan: 'metadata update', result: 'metadata updated', glyph: '~', tone: 'yellow' },
  rehearse: { plan: 'rehearse', result: 'rehearsed', glyph: '~', tone: 'cyan' },
  collect: { plan: 'collect', result: 'collected', glyph: '-', tone: 'dim' },
  start: { plan: 'start', result: 'started', glyph: '▸', tone: 'cyan' },
  stop: { plan: 'stop', result: 'stopped', glyph: '■', tone: 'yellow' },
  destroy: { plan: 'destroy', result: 'destroyed', glyph: '-', tone: 'red' },
  unknown: { plan: 'unknown', result: 'unknown', glyph: '?', tone: 'yellow' },
  unchanged: { plan: 'unchanged', result: 'unchanged', glyph: '·', tone: 'dim' },
} as const satisfies Record<Verb, VerbRow>;

export const INTERRUPTS = {
  nothing: 'interrupts nothing',
  exposure: 'interrupts the exposure for a moment',
  service: 'restarts the service',
  container: 'restarts the container',
} as const satisfies Record<Interrupts, string>;

/** What a person loses for a moment; a destroy is not a moment. */
export function interruptsWords({ verb, interrupts }: AppPlan): string {
  if (verb === 'destroy') return 'deletes the container';
  if (verb === 'unknown') return 'not all that it is made of could be read';
  return verb === 'recreate' ? 'deletes the container and makes it anew' : INTERRUPTS[interrupts];
}

/** `1 to create, 2 to rebuild, 1 proxy update, 0 to destroy, 3 unchanged`. */
export function countPlan(plan: Plan): string {
  const acting = plan.apps.filter((app) => app.held === null);
  const count = (verb: Verb) => acting.filter((app) => app.verb === verb).length;
  const some = (n: number, text: string) => (n > 0 ? [text] : []);
  const held = plan.apps.length - acting.length;
  return [
    `${count('create')} to create`,
    ...some(count('recreate'), `${count('recreate')} to create anew`),
    ...some(count('rename'), `${count('rename')} to rename`),
    ...some(count('rollback'), `${count('rollback')} to roll back`),
    ...some(count('rehearse'), `${count('rehearse')} to rehearse`),
    `${count('rebuild')} to rebuild`,
    ...some(count('restart'), `${count('restart')} to restart`),
    ...some(count('reconfigure'), `${count('reconfigure')} to reconfigure`),
    ...some(count('secrets'), plural(count('secrets'), 'secrets update')),
    ...some(count('proxy-update'), plural(count('proxy-update'), 'proxy update')),
    ...some(count('metadata'), plural(count('metadata'), 'metadata update')),
    ...some(count('start'), `${count('start')} to start`),
    ...some(count('stop'), `${count('stop')} to stop`),
    ...some(count('collect'), `${count('collect')} to collect`),
    `${count('destroy')} to destroy`,
    ...some(held, `${held} held`),
    ...some(count('unknown'), `${count('unknown')} unknown`),
    `${count('unchanged')} unchanged`,
  ].join(', ');
}
