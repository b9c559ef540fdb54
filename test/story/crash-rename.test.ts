import { web, testCrashes } from './crash.js';

testCrashes({
  name: 'rename',
  sides: ([port = 0]) => [
    web('rename', 'old', port, 'the page', 'new'),
    web('rename', 'new', port, 'the page', 'old'),
  ],
  isSame: true,
  pets: 2,
});
