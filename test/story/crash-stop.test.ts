import { sampleOf } from '../sample.js';
import { byHand, ledger, nothing, ruin, testCrashes, web } from './crash.js';
import type { Scenario, Side } from './walk.js';

const stops = { isSame: true, pets: 1, stops: true } as const;

/** Another verb for a pet that is there, and is there afterwards. */
const verb = (name: string, side: Side): Side => {
  return { ...side, verb: name, command: (story) => [name, story.name(side.pet?.app ?? '')] };
};

const SCENARIOS: readonly Scenario[] = [
  {
    ...stops,
    name: 'a guest that ends by itself as it is destroyed',
    sides: ([port = 0]) => [web('create', 'web', port), nothing],
  },
  {
    ...stops,
    name: 'a guest that ends by itself as it is renamed',
    sides: ([port = 0]) => [
      web('rename', 'web', port, 'the page', 'site'),
      web('rename', 'site', port, 'the page', 'web'),
    ],
  },
  {
    ...stops,
    name: 'a guest that ends by itself as it is upgraded',
    sides: ([port = 0, other = 0]) => [ledger('v1', port), ledger('v2', other)],
  },
  {
    ...stops,
    name: 'a guest that ends by itself as its upgrade is taken back',
    before: ([port = 0]) => [ledger('v1', port)],
    sides: ([port = 0]) => [ruin('v2', port), ruin('v3', port)],
  },
  {
    ...stops,
    name: 'a guest that ends by itself as it is rolled back by hand',
    before: ([port = 0]) => [ledger('v1', port), ledger('v2', port)],
    sides: ([port = 0]) => [byHand(1, port), byHand(2, port)],
  },
  {
    ...stops,
    name: 'a guest that ends by itself as it is restarted, and as it is backed up',
    before: ([port = 0]) => [ledger('v1', port)],
    sides: ([port = 0]) => [verb('restart', ledger('v1', port)), verb('backup', ledger('v1', port))],
  },
];

for (const scenario of sampleOf(SCENARIOS, 6)) testCrashes(scenario);
