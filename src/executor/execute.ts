import PQueue from 'p-queue';
import { ACTIONS, type Slot } from '../domain/action.js';
import type { AppName } from '../domain/names.js';
import type { Desired } from '../domain/desired.js';
import type { Event } from '../domain/event.js';
import type { OpId, Operation, Plan } from '../domain/plan.js';
import type { Outcome, OperationOutcome } from '../domain/outcome.js';
import { FailedProgram, problemOf, type Problem, type ProblemData } from '../domain/problem.js';
import { paceTelling } from '../lib/progress.js';
import { outcomeOf } from './outcome.js';
import { putBack } from './expose.js';
import type { Services, RunState } from './job.js';
import { perform } from './perform.js';

/** Operations at a time, per slot. */
export type Limits = Readonly<Record<Exclude<Slot, 'wait'>, number>>;

export type ApplyOptions = {
  readonly plan: Plan;
  readonly desired: Desired;
  readonly ports: Services;
  readonly limits: Limits;
  readonly emit: (event: Event) => void;
  /** Aborted: nothing new starts, what runs is waited for. */
  readonly stop: AbortSignal;
  /** Start nothing more after the first failure. */
  readonly failFast: boolean;
  /** Gives a problem that names a key of the manifest its place. */
  readonly locate: (problem: Problem) => Problem;
};

/** Carries out the plan as it stands. Never rejects for an app's failure: that is in the outcome. */
export async function apply(options: ApplyOptions): Promise<Outcome> {
  const { plan, emit, stop } = options;
  const run = new Run(options);
  const onStop = () => {
    emit({ kind: 'interrupted', at: Date.now(), running: run.running });
  };
  emit({ kind: 'run-started', at: Date.now(), plan });
  stop.addEventListener('abort', onStop, { once: true });
  if (stop.aborted) onStop();
  const ended = await run.all();
  stop.removeEventListener('abort', onStop);
  const outcome = outcomeOf(plan, ended, stop.aborted);
  emit({ kind: 'run-ended', at: Date.now(), outcome });
  return outcome;
}

class Run {
  running = 0;
  #hasFailed = false;
  readonly #options: ApplyOptions;
  readonly #progress: RunState = {
    pins: {},
    pending: new Map(),
    systems: new Map(),
    generations: new Map(),
    health: new Map(),
    failures: new Map(),
    begun: new Map(),
    bare: new Set(),
  };
  readonly #ended = new Map<OpId, OperationOutcome>();
  readonly #ends = new Map<OpId, Promise<void>>();
  readonly #queues: Readonly<Record<Exclude<Slot, 'wait'>, PQueue>>;

  constructor(options: ApplyOptions) {
    this.#options = options;
    const { evaluate, build, rehearse, incus } = options.limits;
    this.#queues = {
      evaluate: new PQueue({ concurrency: evaluate }),
      build: new PQueue({ concurrency: build }),
      rehearse: new PQueue({ concurrency: rehearse }),
      incus: new PQueue({ concurrency: incus }),
    };
  }

  async all(): Promise<ReadonlyMap<OpId, OperationOutcome>> {
    // Each waits a turn before it looks at others: one may stand before what it waits for.
    for (const op of this.#options.plan.operations) {
      this.#ends.set(
        op.id,
        Promise.resolve().then(() => this.#settle(op)),
      );
    }
    await Promise.all([...this.#ends.values()]);
    return this.#ended;
  }

  async #settle(op: Operation): Promise<void> {
    const before = [...op.needs, ...op.after, ...(op.phase === 'rollback' ? op.rescues : [])];
    await Promise.all(before.map((id) => this.#ends.get(id) ?? Promise.resolve()));
    if (op.phase === 'rollback' && !this.#isDue(op)) {
      this.#ended.set(op.id, { kind: 'unneeded' });
      return;
    }
    const broken = op.needs.find((id) => !this.#isDone(id) && this.#ended.get(id)?.kind !== 'unneeded');
    const { slot } = ACTIONS[op.action.kind];
    const ended =
      broken !== undefined
        ? await this.#skip(op, `needs ${broken}`, this.#ended.get(broken)?.kind === 'interrupted')
        : await (slot === 'wait' ? this.#start(op) : this.#queues[slot].add(() => this.#start(op)));
    this.#ended.set(op.id, ended);
  }

  async #start(op: Operation): Promise<OperationOutcome> {
    const { stop, failFast } = this.#options;
    // What has failed is taken back all the same: it would be left neither here nor there.
    if (stop.aborted && op.phase === 'forward') return this.#skip(op, 'the run was stopped', true);
    if (failFast && op.phase === 'forward' && this.#hasFailed)
      return this.#skip(op, 'an app failed (--fail-fast)', false);
    const startedAt = Date.now();
    this.#emit(op, { kind: 'started' });
    this.running++;
    const warnings: string[] = [];
    try {
      await this.#perform(op, warnings);
      return { kind: 'done', startedAt, endedAt: Date.now(), warnings };
    } catch (error) {
      this.#hasFailed = true;
      if (!this.#progress.failures.has(op.app)) this.#progress.failures.set(op.app, error);
      const problem = this.#options.locate(this.#hidden({ app: op.app, ...problemOf(error) }));
      const log = error instanceof FailedProgram ? error.log.map(this.#hide) : [];
      this.#emit(op, { kind: 'failed', problem, log });
      return { kind: 'failed', startedAt, endedAt: Date.now(), warnings, problem, log };
    } finally {
      this.running--;
    }
  }

  /** What a person should know goes into `warnings` as it is found out. */
  async #perform(op: Operation, warnings: string[]): Promise<void> {
    const say = (line: string) => {
      this.#emit(op, { kind: 'output', line: this.#hide(line) });
    };
    const waits = (what: string) => {
      this.#emit(op, { kind: 'waiting', what: this.#hide(what) });
    };
    const warn = (text: string) => {
      const message = this.#hide(text);
      warnings.push(message);
      this.#emit(op, { kind: 'warned', message });
    };
    const tell = paceTelling((far) => {
      if (far !== null) this.#emit(op, { kind: 'progress', ...far });
    });
    const { desired, ports } = this.#options;
    const told = await perform(op, {
      desired,
      services: ports,
      state: this.#progress,
      say,
      waits,
      tell,
      warn,
    });
    for (const message of told.warnings ?? []) warn(message);
    this.#emit(op, { kind: 'finished', ...(told.note === undefined ? {} : { note: this.#hide(told.note) }) });
  }

  /** What a guest prints may have its secrets: it goes no further than here. */
  readonly #hide = (text: string): string => this.#options.ports.secrets.hide(text);

  #hidden(problem: Problem): Problem {
    const { message, hint, data } = problem;
    return {
      ...problem,
      message: this.#hide(message),
      ...(hint === undefined ? {} : { hint: this.#hide(hint) }),
      ...(data === undefined ? {} : { data: this.#hiddenData(data) }),
    };
  }

  #hiddenData(data: ProblemData): ProblemData {
    const hidden = (value: string | number) => (typeof value === 'string' ? this.#hide(value) : value);
    return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, hidden(value)]));
  }

  /** What an earlier operation took away to make room for this one is put back, where that still serves. */
  async #skip(op: Operation, because: string, interrupted: boolean): Promise<OperationOutcome> {
    const isSafe = this.#isUp(op.app) && !this.#isRescued(op);
    const restored = isSafe ? await putBack(op, this.#isDone, this.#options.ports) : '';
    this.#emit(op, { kind: 'skipped', because: `${because}${restored}` });
    return { kind: interrupted ? 'interrupted' : 'skipped', because: `${because}${restored}` };
  }

  readonly #hasFailedAt = (id: OpId): boolean => this.#ended.get(id)?.kind === 'failed';

  /** Whether the way back, which has its own exposures, will be gone. */
  #isRescued({ app, phase }: Operation): boolean {
    const back = this.#options.plan.operations.filter((o) => o.app === app && o.action.kind === 'expose');
    return phase === 'rollback' || back.some((o) => this.#isDue(o));
  }

  /** Whether something has failed that is to be taken back by this. */
  #isDue(op: Operation): boolean {
    return op.phase === 'rollback' && op.rescues.some(this.#hasFailedAt);
  }

  readonly #isDone = (id: OpId): boolean => this.#ended.get(id)?.kind === 'done';

  /** Not if this run stopped it, or found it stopped, and has not got it up again. */
  #isUp(app: AppName): boolean {
    const starts = this.#options.plan.operations.filter(
      (o) => o.app === app && o.action.kind === 'start' && o.phase === 'forward',
    );
    return starts.every(({ id }) => this.#isDone(id));
  }

  #emit(op: Operation, event: OperationEvent): void {
    this.#options.emit({ ...event, at: Date.now(), op: op.id, app: op.app });
  }
}

/** What one operation says, before its name and the time are put on. */
type OperationEvent = DistributiveOmit<Extract<Event, { op: OpId }>, 'at' | 'op' | 'app'>;
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
