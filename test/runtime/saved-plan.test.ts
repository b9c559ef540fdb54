import { beforeEach, describe, expect, test } from '@jest/globals';
import { partFor } from '../../src/planner/part.js';
import { printPlan } from '../../src/planner/print.js';
import { planAgain } from '../../src/runtime/saved-plan.js';
import { printSavedPlan } from '../../src/state/saved-plan.js';
import { INPUTS, IRRELEVANT, MACHINE, MANIFEST } from './saved-plan-moves.js';
import { Scene } from './saved-plan-scene.js';

let scene = new Scene();

/** Three apps that run, and a web that is about to be upgraded and to move to another port. */
beforeEach(async () => {
  scene = new Scene();
  await scene.up();
  scene.hashes['web'] = 'b';
  scene.edit('7700', '7701');
});

describe('nothing but the app that is about to change is planned', () => {
  test('and it is found again, whatever was not moved', async () => {
    const saved = await scene.save();
    expect(Object.keys(saved.basis)).toEqual(['web']);
    expect(scene.again(saved)).toBe(printPlan(partFor(scene.plan(), new Set(['web']))));
    expect(printSavedPlan(await scene.save())).toBe(printSavedPlan(saved));
  });

  test('carried out it does what was planned; once more there is nothing that it would be', async () => {
    const saved = await scene.save();
    await scene.machine.carryOut(
      planAgain(saved, scene, { project: scene.project, file: 'x' }),
      scene.desired,
    );
    expect(scene.plan().operations).toEqual([]);
    expect(scene.again(saved)).toContain('generation: 1 → 2');
  });
});

describe.each([
  ['the manifest', MANIFEST],
  ['lock, sources, secrets and pets', INPUTS],
  ['the machine', MACHINE],
])('what moves of %s is told, and nothing is done', (_, mutations) => {
  test.each(mutations)('%s', async (_, mutate, moved) => {
    const saved = await scene.save();
    await mutate(scene);
    const told = scene.again(saved);
    for (const words of moved) expect(told).toContain(words);
    expect(told).toContain('nothing was touched');
    expect(told).not.toMatch(/v1:|secret-value/);
  });
});

test('a port that the manifest asks for by now is no change of the machine', async () => {
  const saved = await scene.save();
  scene.edit('7701', '7703');
  const told = scene.again(saved);
  expect(told).toContain('exposure.listen: 127.0.0.1:7701 → 127.0.0.1:7703 (changed in the manifest)');
  expect(told).not.toContain('changed on the machine');
});

describe('what does not matter is not refused', () => {
  test.each(IRRELEVANT)('%s', async (_, mutate) => {
    const saved = await scene.save();
    const before = scene.again(saved);
    await mutate(scene);
    expect(scene.again(saved)).toBe(before);
  });
});

test('fifty mutations and more', () => {
  expect(MANIFEST.length + INPUTS.length + MACHINE.length).toBeGreaterThan(50);
});
