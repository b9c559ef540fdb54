import type { Action, ActionKind } from '../../src/domain/action.js';
import type { AppName, StorePath } from '../../src/domain/names.js';
import type { AppOutcome, Outcome } from '../../src/domain/outcome.js';
import type { AppPlan, Operation, Plan, Verb } from '../../src/domain/plan.js';
import type { Event, Reporter } from '../../src/domain/event.js';

export const T0 = Date.UTC(2026, 10, 21, 12, 0, 0);

export function name(text: string): AppName {
  return text as AppName;
}

const ACTION = {
  evaluate: { kind: 'evaluate' },
  build: { kind: 'build' },
  'set-profile': { kind: 'set-profile', store: 'shared', above: 0 },
  create: { kind: 'create', store: 'shared' },
  start: { kind: 'start', from: 'Stopped' },
  settle: { kind: 'settle', system: { kind: 'built' } },
  activate: { kind: 'activate', system: { kind: 'built' } },
  return: { kind: 'return', store: 'shared', generation: 1, toplevel: '/nix/store/old' as StorePath },
  stop: { kind: 'stop', instance: name('old'), graceMs: 30_000 },
  rename: { kind: 'rename', from: name('old') },
  configure: { kind: 'configure', config: {}, profiles: null },
  'push-secrets': { kind: 'push-secrets', put: ['db'], remove: [] },
  'restart-units': { kind: 'restart-units', secrets: ['db'] },
  collect: { kind: 'collect', keep: 5, store: 'shared' },
  delete: { kind: 'delete' },
} as const satisfies Partial<Record<ActionKind, Action>>;
type Simple = keyof typeof ACTION;

export const STEPS: Record<Verb, readonly Simple[]> = {
  create: ['evaluate', 'build', 'create', 'start', 'settle'],
  rebuild: ['evaluate', 'build', 'set-profile', 'activate'],
  'proxy-update': ['set-profile'],
  metadata: ['set-profile'],
  reconfigure: ['configure'],
  secrets: ['push-secrets', 'restart-units', 'settle'],
  start: ['start', 'settle'],
  restart: ['stop', 'start', 'settle'],
  rename: ['stop', 'rename', 'start', 'settle'],
  rollback: ['return', 'activate', 'settle'],
  rehearse: ['evaluate', 'build'],
  collect: ['collect'],
  recreate: ['evaluate', 'build', 'stop', 'delete', 'create', 'start', 'settle'],
  destroy: ['delete'],
  stop: ['stop'],

  unchanged: [],
  unknown: [],
};

export function appPlan(app: string, verb: Verb, over: Partial<AppPlan> = {}): AppPlan {
  return {
    app: name(app),
    verb,
    changes: [],
    interrupts: verb === 'rebuild' ? 'service' : 'nothing',
    url: `http://127.0.0.1:${7700 + (app.length % 10)}`,
    held: null,
    condemned: false,
    hold: null,
    notes: [],
    ...over,
  };
}

export function operation(app: string, kind: Simple): Operation {
  const edges = { needs: [], after: [] };
  return {
    id: `${app}/${kind}`,
    app: name(app),
    phase: 'forward',
    action: ACTION[kind],
    cause: 'source changed',
    interrupts: 'nothing',
    ...edges,
  };
}

export function planOf(apps: readonly AppPlan[]): Plan {
  const operations = apps
    .filter((app) => app.held === null)
    .flatMap(({ app, verb }) => STEPS[verb].map((kind) => operation(app, kind)));
  return { version: 1, project: 'homelab', apps, operations, problems: [] };
}

export function outcomeOf(app: AppPlan, over: Partial<AppOutcome> = {}): AppOutcome {
  const { verb, url } = app;
  const result = verb === 'unchanged' ? 'unchanged' : 'done';
  const ms = verb === 'unchanged' ? 0 : 2100;
  const said = { warnings: [], notes: [], failure: null, because: null };
  return { app: app.app, verb, result, url, ms, ...said, ...over };
}

export const PROBLEM = {
  message: 'nix build exited with 1',
  hint: 'fix flake.nix, then run `pets up db` again',
};

const WEB = appPlan('web', 'create');
const DB = appPlan('db', 'rebuild');
const WIKI = appPlan('wiki', 'start');
const BLOG = appPlan('blog', 'unchanged');
const OLD = appPlan('old', 'destroy', {
  url: null,
  held: 'no longer in the manifest; `pets up --prune` destroys it',
});

export const PLAN = planOf([BLOG, DB, OLD, WEB, WIKI]);

export const OUTCOME: Outcome = {
  interrupted: false,
  apps: [
    outcomeOf(BLOG),
    outcomeOf(DB, {
      result: 'failed',
      ms: 3000,
      failure: {
        op: 'db/build',
        problem: PROBLEM,
        log: ['error: builder failed', '  \x1b[31mtabs\tand colours\x1b[0m'],
      },
    }),
    outcomeOf(OLD, { result: 'held', ms: 0, because: OLD.held }),
    outcomeOf(WEB, { ms: 4000, warnings: ['unit nginx.service failed to reload'] }),
    outcomeOf(WIKI, { result: 'skipped', ms: 0, because: 'needs db/build' }),
  ],
};

/** A run with everything in it: built, failed, skipped, warned, interrupted. */
export const EVENTS: readonly Event[] = [
  { kind: 'run-started', at: T0, plan: PLAN },
  ...opEvents('db', 'evaluate', 0, 1000),
  { kind: 'started', at: T0 + 1000, op: 'db/build', app: name('db') },
  ...opEvents('web', 'evaluate', 1000, 1500),
  { kind: 'started', at: T0 + 1500, op: 'web/build', app: name('web') },
  {
    kind: 'output',
    at: T0 + 1600,
    op: 'web/build',
    app: name('web'),
    line: '\x1b[2J\x1b]0;title\x07building \x1b[1mhello\x1b[0m',
  },
  {
    kind: 'failed',
    at: T0 + 3000,
    op: 'db/build',
    app: name('db'),
    problem: PROBLEM,
    log: ['error: builder failed'],
  },
  skip('db', 'set-profile', 'needs db/build'),
  skip('db', 'activate', 'needs db/build'),
  skip('wiki', 'start', 'needs db/build'),
  skip('wiki', 'settle', 'needs wiki/start'),
  { kind: 'finished', at: T0 + 3600, op: 'web/build', app: name('web') },
  ...opEvents('web', 'create', 3600, 3900),
  ...opEvents('web', 'start', 3900, 4200),
  { kind: 'started', at: T0 + 4200, op: 'web/settle', app: name('web') },
  {
    kind: 'warned',
    at: T0 + 4300,
    op: 'web/settle',
    app: name('web'),
    message: 'unit nginx.service failed to reload',
  },
  { kind: 'interrupted', at: T0 + 4400, running: 1 },
  { kind: 'finished', at: T0 + 5000, op: 'web/settle', app: name('web'), note: 'degraded' },
  { kind: 'run-ended', at: T0 + 5100, outcome: OUTCOME },
];

function opEvents(app: string, kind: Simple, from: number, to: number): Event[] {
  const op = { op: `${app}/${kind}`, app: name(app) };
  return [
    { kind: 'started', at: T0 + from, ...op },
    { kind: 'finished', at: T0 + to, ...op },
  ];
}

function skip(app: string, kind: Simple, because: string): Event {
  return { kind: 'skipped', at: T0 + 3000, op: `${app}/${kind}`, app: name(app), because };
}

/** `count` apps to create, none started. */
export function bigPlan(count: number): Plan {
  return planOf(
    Array.from({ length: count }, (_, i) => appPlan(`app-${String(i).padStart(3, '0')}`, 'create')),
  );
}

export function collector(): { readonly write: (text: string) => void; readonly text: () => string } {
  const chunks: string[] = [];
  return { write: (text) => void chunks.push(text), text: () => chunks.join('') };
}

export function playAll(reporter: Reporter, events: readonly Event[] = EVENTS): void {
  for (const event of events) reporter.event(event);
}
