import type { Event, Reporter } from '../../domain/event.js';
import type { Outcome } from '../../domain/outcome.js';
import type { Plan } from '../../domain/plan.js';
import type { ToldProblem } from '../../domain/problem.js';
import type { RunApp } from '../../domain/run.js';
import type { ProgressKind, Teller, TellWiring, Wiring } from './reporter.js';

export const json: ProgressKind = {
  speech: 'json',
  run: createJsonReporter,
  build: createBuildReporter,
  tell: createTeller,
};

/** Every line one JSON object; `v` counts up when a field changes its meaning. */
export function createJsonReporter({ write }: { readonly write: (text: string) => void }): Reporter {
  return {
    event: (event) => {
      write(`${eventLine(event)}\n`);
    },
    close: () => Promise.resolve(),
  };
}

function createBuildReporter(wiring: Wiring): Reporter {
  const steps = createJsonReporter(wiring);
  return {
    event: (event) => {
      if (event.kind !== 'run-started' && event.kind !== 'run-ended') steps.event(event);
    },
    close: () => Promise.resolve(),
  };
}

function createTeller({ stream, app, now }: TellWiring): Teller {
  return (far) => {
    if (far === null) return;
    const head = { v: 1, type: 'progress', time: new Date(now()).toISOString() };
    stream.write(`${jsonLine({ ...head, ...(app === null ? {} : { app }), ...far })}\n`);
  };
}

export function eventLine(event: Event): string {
  return jsonLine(recordOf(event));
}

function recordOf(event: Event): object {
  const { kind, at, ...rest } = event;
  const head = { v: 1, type: kind, time: new Date(at).toISOString() };
  switch (event.kind) {
    case 'run-started':
      return { ...head, ...planRecord(event.plan) };
    case 'failed':
      return { ...head, ...rest, problem: problemRecord(event.problem) };
    case 'run-ended':
      return { ...head, outcome: outcomeRecord(event.outcome) };
    case 'started':
    case 'output':
    case 'waiting':
    case 'progress':
    case 'finished':
    case 'warned':
    case 'skipped':
    case 'interrupted':
      return { ...head, ...rest };
  }
}

/** Without the operations: their payloads are pets' own business. */
export function planRecord({ project, apps, problems }: Plan): object {
  return { project, apps, problems: problems.map(problemRecord) };
}

export function outcomeRecord({
  apps,
  interrupted,
}: Pick<Outcome, 'interrupted'> & { readonly apps: readonly RunApp[] }): object {
  const records = apps.map(({ failure, ...app }) => ({
    ...app,
    failure: failure && { ...failure, problem: problemRecord(failure.problem) },
  }));
  return { interrupted, apps: records };
}

export function problemRecord({ code, message, place, hint, data }: ToldProblem): object {
  return { code: code ?? null, message, place: place ?? null, hint: hint ?? null, data: data ?? null };
}

/** For people and programs: indented, one final newline. */
export function jsonText(value: object): string {
  return `${escapeControls(JSON.stringify(value, null, 2))}\n`;
}

/** JSON leaves DEL and the C1 controls as they are, and a terminal obeys those: they are escaped as well. */
export function jsonLine(value: object): string {
  return escapeControls(JSON.stringify(value));
}

function escapeControls(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
