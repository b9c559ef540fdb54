// docs/screen.svg: what `pets up` really draws on examples/, taken from a terminal (tmux) while it runs and at its end.
// Needs tmux, Incus, Nix and PETS_BENCH_NIXPKGS, the flake that the examples' systems are made with.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROGRAM } from '../test/support/places.js';
import { sleep, until } from '../test/support/wait.js';
import { svgOf } from './svg.js';

const COLUMNS = 76;
const ROWS = 12;
const END = /\d+ created in/;

const nixpkgs = process.env['PETS_BENCH_NIXPKGS'];
if (nixpkgs === undefined) throw new Error('set PETS_BENCH_NIXPKGS to a flake with nixpkgs');

const folder = mkdtempSync(join(tmpdir(), 'pets-screen-'));
cpSync('examples', folder, { recursive: true });
rmSync(join(folder, 'pets.lock'), { force: true });
// A project of its own, of which nothing is kept: whose the real one's data is, is not for a script to know.
const manifest = readFileSync(join(folder, 'pets.toml'), 'utf8')
  .replace('project = "examples"', 'project = "screen"')
  .replace('[defaults]', `[defaults]\nnixpkgs = "${nixpkgs}"`);
writeFileSync(join(folder, 'pets.toml'), manifest);

const session = `pets-screen-${process.pid}`;
const tmux = (...args: string[]) => execFileSync('tmux', ['-L', session, ...args], { encoding: 'utf8' });
const type = (line: string) => tmux('send-keys', line, 'Enter');
const screen = () => tmux('capture-pane', '-e', '-p');

const program = `pets() { ${process.execPath} ${PROGRAM} "$@"; }`;
const environment = `export PS1='$ ' PETS_STATE_DIR=${folder}/.state; unset CI NO_COLOR`;
try {
  tmux(
    'new-session',
    '-d',
    '-x',
    String(COLUMNS),
    '-y',
    String(ROWS),
    '-c',
    folder,
    'bash --norc --noprofile',
  );
  type(`${environment}; ${program}; clear`);
  await sleep(1000);
  type('pets up');
  const frames: string[] = [];
  const isOver = () => END.test(frames[frames.push(screen()) - 1] ?? '');
  await until(isOver, { what: '`pets up` does not end', everyMs: 100 });
  // The one that shows the most: apps that are done among apps that are at different things.
  const telling = (frame: string) => new Set(frame.match(/✔| {2}[a-z]+ing\b/g)).size;
  const best = frames.slice(0, -1).toSorted((a, b) => telling(b) - telling(a))[0] ?? '';
  writeFileSync('docs/screen.svg', svgOf([best, frames.at(-1) ?? ''], COLUMNS));
} finally {
  tmux('kill-server');
  const down = ['down', '--yes', '--volumes', '--confirm', 'screen', '--quiet', '--file', folder];
  execFileSync(process.execPath, [PROGRAM, ...down], {
    env: { ...process.env, PETS_STATE_DIR: join(folder, '.state') },
    stdio: 'inherit',
  });
  rmSync(folder, { recursive: true });
}
