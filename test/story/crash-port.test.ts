import { web, testCrashes } from './crash.js';

testCrashes({
  name: 'another port',
  sides: ([one = 0, two = 0]) => [web('expose', 'web', one), web('expose', 'web', two)],
  isSame: true,
  pets: 1,
});
