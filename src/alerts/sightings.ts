import { ALERT_KINDS, type Sighting } from '../domain/alert.js';
import type { AppOutcome, Outcome } from '../domain/outcome.js';

/** What a run that brings apps to what is wanted shows of each of them. */
export function sightingsOf({ apps }: Outcome): Sighting[] {
  return apps.flatMap((app) => sightingOf(app));
}

function sightingOf({ app, verb, result, failure, url }: AppOutcome): Sighting[] {
  const why = failure === null ? '`pets runs last` has why' : failure.problem.message;
  switch (result) {
    case 'failed':
    case 'refused':
      return [{ app, alert: { kind: 'failed', message: why }, mends: [], updated: null }];
    case 'rolled-back': {
      const alert = { kind: 'rolled-back' as const, message: `${why}; the version before serves` };
      return [{ app, alert, mends: ['failed'], updated: null }];
    }
    case 'done':
    case 'unchanged': {
      if (verb === 'destroy') return [{ app, alert: null, mends: ALERT_KINDS, updated: null }];
      const isNew = result === 'done' && (verb === 'rebuild' || verb === 'recreate');
      const updated = isNew ? `another version serves${url === null ? '' : `, at ${url}`}` : null;
      return [{ app, alert: null, mends: ['failed', 'rolled-back'], updated }];
    }
    // Nobody knows more than before.
    case 'condemned':
    case 'held':
    case 'skipped':
    case 'interrupted':
      return [];
  }
}
