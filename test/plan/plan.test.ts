import { expect, test } from '@jest/globals';
import { shown } from './worlds.js';
test('x', () => {
  const worlds: Record<string, Parameters<typeof shown>[0]> = {
    create: { want: ['web 7700'] },
    createLock: { want: ['web 7700 source=github:o/web nixpkgs=github:n/n', 'worker -'] },
    unchanged: { want: ['web 7700', 'worker'], have: ['web 7700', 'worker'] },
    port: { want: ['web 7701'], have: ['web 7700'] },
    swap: { want: ['a 81', 'b 80'], have: ['a 80', 'b 81'] },
    chain: { want: ['a 81', 'b 82', 'c 83'], have: ['a 80', 'b 81', 'c 82'] },
    widen: { want: ['a 0.0.0.0:80'], have: ['a 80'] },
    system: { want: ['a 80 source=github:x/y', 'b 81', 'c 82'], have: ['a 80', 'b 81 source=old', 'c 99'] },
    stopped: { want: ['a 80'], have: ['a 80 status=Stopped'] },
    stopped2: { want: ['a 81 source=b'], have: ['a 80 status=Stopped'] },
    frozen: { want: ['a 80'], have: ['a 80 status=Frozen'] },
    frozen2: { want: ['a 80 source=b'], have: ['a 80 status=Frozen'] },
    half: { want: ['a 80'], have: ['a 80 state=creating status=Stopped devices=none'] },
    half2: { want: ['a 80'], have: ['a 80 state=creating'] },
    driftL: { want: ['a 80'], have: ['a 80 devices=web:90'] },
    driftT: { want: ['a 80'], have: ['a 80 top=/nix/store/by-hand'] },
    missing: { want: ['a 80'], have: ['a 80 devices=none'] },
    dead: { want: ['a 80'], have: ['a 80 forwarder=dead'] },
    both: { want: ['a 81'], have: ['a 80 devices=web:90'] },
    destroy: { want: [], have: ['a 80', 'b 81 status=Stopped'] },
    destroyP: { want: [], have: ['a 80', 'b 81 status=Stopped'], prune: true },
    freed: { want: ['b 80'], have: ['a 80', 'b 81'], prune: true },
    freedHeld: { want: ['b 80'], have: ['a 80', 'b 81'] },
    only: { want: ['a 80', 'b 82'], have: ['a 81', 'b 80', 'gone 83'], only: ['a'], prune: true },
    meta: { want: ['a 80 ref=./y'], have: ['a 80'] },
    norecord: { want: ['a 80'], have: ['a 80 record=none'] },
    trap: { want: ['a 80', 'b 81'], have: ['a 80 status=Stopped', 'b 81 devices=web:80'] },
  };
  for (const [k, w] of Object.entries(worlds)) process.stdout.write(`--- ${k}\n${shown(w)}\n`);
  expect(1).toBe(1);
});
