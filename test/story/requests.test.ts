import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freePorts, recorder, Story } from './rig.js';

describe('what a verb asks of the daemon', () => {
  const story = new Story('requests');
  const manifest = (port: number) => {
    story.manifest({ web: `flake-ref = "path:./web"\nport = ${port}\nhealth = { path = "/" }` });
  };
  /** The requests of one run. */
  const asked = async (args: readonly string[]) => {
    const { socket, requests, close } = await recorder();
    await story.ok(args, { INCUS_SOCKET: socket });
    await close();
    return requests;
  };
  let [first, second] = [0, 0];

  beforeAll(async () => {
    [first = 0, second = 0] = await freePorts(2);
    story.flake('web');
    story.page('web', 'one');
    manifest(first);
  });
  afterAll(() => story.cleanUp());

  const nothing = () => undefined;
  test.each([
    { what: 'a new app', args: ['up'], most: 40 },
    {
      what: 'another page',
      args: ['up'],
      most: 35,
      change: () => {
        story.page('web', 'two');
      },
    },
    {
      what: 'another port',
      args: ['up'],
      most: 12,
      change: () => {
        manifest(second);
      },
    },
    // Other stories' ports may be passing from one to another just then: what is there is listed anew.
    { what: 'nothing', args: ['up'], most: 8 },
    { what: 'a restart', args: ['restart', story.name('web')], most: 50 },
    { what: 'a stop', args: ['stop', story.name('web')], most: 12 },
    { what: 'a start', args: ['start', story.name('web')], most: 36 },
  ])('$what', async ({ args, most, change = nothing }) => {
    change();
    const requests = await asked(args);
    const counted = withoutPolls(requests);
    // Which ones, if there are too many.
    if (counted.length > most) expect(requests).toEqual(counted.slice(0, most));
  });
});

const LONGEST_POLL = 10;

/**
 * What is asked until a guest is up counts once, however long that took: two requests or more that come again in the
 * same order, operations' names aside.
 */
function withoutPolls(requests: readonly string[]): string[] {
  const kept: string[] = [];
  for (const request of requests) {
    kept.push(request.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'id'));
    for (let n = 2; n <= LONGEST_POLL; n++) {
      const [before, last] = [kept.slice(-2 * n, -n), kept.slice(-n)];
      if (before.length === n && before.join('\n') === last.join('\n')) kept.length -= n;
    }
  }
  return kept;
}
