import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { answerOf, freePorts, Story } from './rig.js';
import { onTerminal } from './terminal.js';

const LARGE = { columns: 100, rows: 24 };
const ERASE_ALL = '\u001b[2J';
const [ENTER, LEAVE] = ['\u001b[?1049h', '\u001b[?1049l'];
const ERASE_SCROLLBACK = '\u001b[3J';

describe('on a terminal', () => {
  const story = new Story('tty');
  let port = 0;

  beforeAll(async () => {
    [port = 0] = await freePorts(1);
    story.flake('web');
    story.page('web', 'a page');
  });
  afterAll(() => story.cleanUp());

  test('the live screen draws, names every app at the end, and leaves the scrollback alone', async () => {
    story.manifest({ web: `flake-ref = "./web"\nport = ${port}`, other: 'flake-ref = "./web"' });
    const screen = await onTerminal(story, 'up', { columns: 70, rows: 5 });
    expect(screen).toContain('exit 0');
    expect(screen).toMatch(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/);
    expect(screen).toContain(`http://127.0.0.1:${port}`);
    expect(screen).toContain('2 created');
    // The summary is on the screen that was there before.
    expect(screen.slice(screen.lastIndexOf(LEAVE))).toContain('2 created');
    expect(screen).not.toContain(ERASE_ALL);
    expect(screen).not.toContain(ERASE_SCROLLBACK);
    expect((await answerOf(port)).body).toBe('a page');
  });

  test('a second run sets up no screen; colour is for terminals only', async () => {
    const screen = await onTerminal(story, 'up', LARGE);
    expect(screen).toContain('2 unchanged');
    expect(screen).not.toMatch(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/);
    story.manifest({ web: 'flake-ref = "./web"', other: 'flake-ref = "./web"' });
    expect(await onTerminal(story, 'diff', LARGE)).toContain('\u001b[');
    expect(await onTerminal(story, 'diff --color never', LARGE)).not.toContain('\u001b[');
    expect((await story.ok(['diff'])).stdout).not.toContain('\u001b');
  });

  test('an app that left the manifest: asked about; no, Ctrl-C and --no-input leave it', async () => {
    story.manifest({ web: `flake-ref = "./web"\nport = ${port}` });
    const to = /\[y\/N\]/;
    expect(await onTerminal(story, 'up', LARGE, { to, keys: 'n\n' })).toContain('exit 0');
    expect(await onTerminal(story, 'up', LARGE, { to, keys: '\u0003' })).toContain('exit 130');
    const unasked = await onTerminal(story, 'up --no-input', LARGE);
    expect(unasked).toContain('exit 0');
    expect(unasked).not.toMatch(to);
    expect(unasked).toContain('--prune');
    expect(await story.instances()).toHaveLength(2);
  });

  test('… and yes destroys it', async () => {
    const screen = await onTerminal(story, 'up', LARGE, { to: /\[y\/N\]/, keys: 'y\n' });
    expect(screen).toContain('1 destroyed');
    expect((await story.instances()).map((i) => i.name)).toEqual([story.name('web')]);
  });

  test('Ctrl-C while Nix works: its programs finish, nothing fails, the next run goes on', async () => {
    story.page('web', 'another page');
    const screen = await onTerminal(story, 'up', LARGE, { to: /evaluating/, keys: '\u0003' });
    expect(screen).toContain('exit 130');
    expect(screen).not.toContain('failed');
    await story.ok(['up']);
    expect((await answerOf(port)).body).toBe('another page');
  });

  test('Ctrl-C before the first frame is answered, and the next run goes on', async () => {
    story.page('web', 'a third page');
    const to = new RegExp(ENTER.replace(/[[?]/g, '\\$&'));
    const screen = await onTerminal(story, 'up', LARGE, { to, keys: '\u0003' });
    expect(screen).toContain('exit 130');
    expect(screen.slice(screen.lastIndexOf(LEAVE))).toContain('interrupted');
    const { stdout } = await story.ok(['runs', '--json']);
    const { runs } = JSON.parse(stdout) as { runs: { outcome: string }[] };
    expect(runs[0]?.outcome).toBe('interrupted');
    await story.ok(['up']);
  });

  test('down asks as well', async () => {
    const screen = await onTerminal(story, 'down', LARGE, { to: /\[y\/N\]/, keys: 'y\n' });
    expect(screen).toContain('exit 0');
    expect(await story.instances()).toEqual([]);
  });
});
