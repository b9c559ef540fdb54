import { web, nothing, testCrashes } from './crash.js';

testCrashes({
  name: 'create and destroy',
  sides: ([port = 0]) => [web('create', 'web', port), nothing],
  isSame: false,
  pets: 2,
});
