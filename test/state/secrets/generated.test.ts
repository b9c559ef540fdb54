import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AppName } from '../../../src/domain/names.js';
import { generatedIn } from '../../../src/state/secrets/generated.js';
import { SecretFiles } from '../../../src/state/secrets/kept.js';

const [WEB, WEB2] = ['web', 'web-2'] as [AppName, AppName];
const ID = '20260131-235959';
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pets-generated-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const bytes = (text: string) => Buffer.from(text);
const values = (...pairs: [string, string][]) => new Map(pairs.map(([name, text]) => [name, bytes(text)]));

test('what a vault keeps is found by app, whatever the names; nothing where there is none', async () => {
  const secrets = generatedIn(folder);
  expect(await secrets.of(WEB)).toEqual(new Map());
  const kept = new SecretFiles(folder);
  await kept.keepGenerated('web', '__proto__', bytes('1'));
  await kept.keepGenerated('web', 'a.b_c', bytes('2'));
  await kept.keepGenerated('web-2', 'db', bytes('3'));
  expect(await secrets.of(WEB)).toEqual(values(['__proto__', '1'], ['a.b_c', '2']));
  expect(await secrets.of(WEB2)).toEqual(values(['db', '3']));
});

test('what a killed run was writing is no secret', async () => {
  const secrets = generatedIn(folder);
  await secrets.keep(WEB, values(['db', '1']));
  writeFileSync(join(folder, 'generated', '.web.db.123'), 'half');
  expect([...(await secrets.of(WEB)).keys()]).toEqual(['db']);
});

test('staged values are kept once that restore says so, again if need be, and only its own', async () => {
  const secrets = generatedIn(folder);
  await secrets.keep(WEB, values(['db', 'old'], ['other', 'same']));
  await secrets.stage(WEB, ID, values(['db', 'new']));
  expect(await secrets.isStaged()).toBe(true);
  await secrets.commit(WEB, '20200101-000000');
  await secrets.commit(WEB2, ID);
  expect(await secrets.of(WEB)).toEqual(values(['db', 'old'], ['other', 'same']));
  for (let n = 0; n < 2; n++) {
    await secrets.keep(WEB, values(['db', 'old']));
    await secrets.commit(WEB, ID);
    expect(await secrets.of(WEB)).toEqual(values(['db', 'new'], ['other', 'same']));
  }
  expect(await new SecretFiles(folder).generated('web', 'db')).toEqual(bytes('new'));
  await secrets.unstage();
  expect(await secrets.isStaged()).toBe(false);
  expect(readdirSync(folder)).toEqual(['generated']);
});

test('nothing staged is nothing written; files are for their owner alone', async () => {
  const secrets = generatedIn(folder);
  await secrets.stage(WEB, ID, new Map());
  expect([await secrets.isStaged(), existsSync(join(folder, 'restoring'))]).toEqual([false, false]);
  await secrets.stage(WEB, ID, values(['db', 'new']));
  const [name = ''] = readdirSync(join(folder, 'restoring'));
  expect(statSync(join(folder, 'restoring')).mode & 0o777).toBe(0o700);
  expect(statSync(join(folder, 'restoring', name)).mode & 0o777).toBe(0o600);
});
