import { byHand, ledger, testCrashes } from './crash.js';

testCrashes({
  name: 'rollback by hand',
  before: ([port = 0]) => [ledger('v1', port), ledger('v2', port)],
  sides: ([port = 0]) => [byHand(1, port), byHand(2, port)],
  isSame: true,
  pets: 1,
});
