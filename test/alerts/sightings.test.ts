import { describe, expect, test } from '@jest/globals';
import { ALERT_KINDS } from '../../src/domain/alert.js';
import { sightingsOf } from '../../src/alerts/sightings.js';
import type { AppName } from '../../src/domain/names.js';
import type { AppResult } from '../../src/domain/outcome.js';
import type { Verb } from '../../src/domain/plan.js';

const web = 'web' as AppName;

describe('what the outcome of a run shows', () => {
  const shown = (result: AppResult, verb: Verb = 'rebuild') => {
    const problem = { code: 'health-failed', message: 'http 500' };
    const failure =
      result === 'failed' || result === 'rolled-back' ? { op: 'web/check', problem, log: [] } : null;
    const app = { app: web, verb, result, url: null, warnings: [], notes: [], ms: 1, failure, because: null };
    return sightingsOf({ apps: [app], interrupted: false });
  };

  test.each<[AppResult, object[]]>([
    ['failed', [{ alert: { kind: 'failed', message: 'http 500' }, mends: [] }]],
    [
      'rolled-back',
      [{ alert: { kind: 'rolled-back', message: 'http 500; the version before serves' }, mends: ['failed'] }],
    ],
    ['done', [{ alert: null, mends: ['failed', 'rolled-back'], updated: 'another version serves' }]],
    ['unchanged', [{ alert: null, mends: ['failed', 'rolled-back'], updated: null }]],
    ['condemned', []],
    ['held', []],
    ['skipped', []],
    ['interrupted', []],
  ])('%s', (result, sightings) => {
    expect(shown(result)).toMatchObject(sightings);
    expect(shown(result)).toHaveLength(sightings.length);
  });

  test('of an app that is no more nothing is wrong', () => {
    expect(shown('done', 'destroy')).toMatchObject([{ mends: ALERT_KINDS }]);
  });

  test('another port is no other version', () => {
    expect(shown('done', 'proxy-update')).toMatchObject([{ updated: null }]);
  });
});
