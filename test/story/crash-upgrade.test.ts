import { web, testCrashes } from './crash.js';

testCrashes({
  name: 'upgrade',
  sides: ([port = 0]) => [
    web('upgrade', 'web', port, 'one page'),
    web('upgrade', 'web', port, 'another page'),
  ],
  isSame: true,
  pets: 2,
  reads: true,
});
