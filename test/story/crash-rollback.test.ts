import { ledger, ruin, testCrashes } from './crash.js';

testCrashes({
  name: 'rollback',
  before: ([port = 0]) => [ledger('v1', port)],
  sides: ([port = 0]) => [ruin('v2', port), ruin('v3', port)],
  isSame: true,
  pets: 3,
});
