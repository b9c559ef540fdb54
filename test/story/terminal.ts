import { spawn } from 'node:child_process';
import { PROGRAM, type Story } from './rig.js';

type Size = { readonly columns: number; readonly rows: number };
type Reply = { readonly to: RegExp; readonly keys: string };

/** Runs `pets` on a terminal that script(1) makes; types `reply.keys` once `reply.to` is on the screen. */
export function onTerminal(
  story: Story,
  args: string,
  { columns, rows }: Size,
  reply?: Reply,
): Promise<string> {
  // Ctrl-C reaches the shell too: without the trap some shells die of it and never tell the exit code.
  const command = `trap : INT; stty cols ${columns} rows ${rows}; '${process.execPath}' '${PROGRAM}' ${args}; echo "exit $?"`;
  const env = Object.entries(process.env).filter(([name]) => name !== 'CI' && name !== 'NO_COLOR');
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    cwd: story.folder,
    env: {
      ...Object.fromEntries(env),
      PETS_STATE_DIR: `${story.folder}/.state`,
      SHELL: '/bin/sh',
      TERM: 'xterm-256color',
    },
    timeout: 540_000,
  });
  let screen = '';
  let replied = false;
  child.stdout.on('data', (chunk: Buffer) => {
    screen += chunk.toString();
    if (!reply || replied || !reply.to.test(screen)) return;
    replied = true;
    child.stdin.write(reply.keys);
  });
  return new Promise((resolve) => {
    child.on('close', () => {
      resolve(screen);
    });
  });
}
