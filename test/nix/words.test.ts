import { describe, expect, test } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import { failedBuild, failedEvaluation, hideFolder } from '../../src/nix/words.js';
import type { FailedProgram } from '../../src/domain/problem.js';

const told = ({ problems, log }: FailedProgram) => ({ message: problems[0]?.message, log });
const failed = (stderr: string) => ({ exitCode: 1, stdout: '', stderr });

describe('what Nix says when a flake does not evaluate', () => {
  const evaluation = (stderr: string) =>
    told(failedEvaluation('`./web` does not evaluate', failed(stderr), hideFolder('/tmp/w')));

  test('an error in a line, with where it is; no noise before it', () => {
    const said =
      "warning: x\n• Added input 'app':\n    'path:/tmp/w/app'\nerror: syntax error, unexpected ';'\n\n       at /tmp/w/app/flake.nix:3:1:\n(use '--show-trace' to …)";
    expect(evaluation(said)).toEqual({
      message: "`./web` does not evaluate: syntax error, unexpected ';'",
      log: ["error: syntax error, unexpected ';'", '       at /app/flake.nix:3:1:'],
    });
  });

  test('where it is in a file of this host’s stands with the message, as it is shown', () => {
    const here = fileURLToPath(import.meta.url);
    const said = (place: string) =>
      `error: attribute 'python3' missing\n\n       at ${place}:12:20:\n\n           11| x`;
    expect(evaluation(said(here)).message).toBe(
      `\`./web\` does not evaluate: attribute 'python3' missing, at ${here}:12:20`,
    );
    const shown = (words: string) => words.replaceAll('/nix/store/x-source', here);
    const failure = failedEvaluation('it fails', failed(said('/nix/store/x-source')), shown);
    expect(failure.message).toBe(`it fails: attribute 'python3' missing, at ${here}:12:20`);
    for (const nowhere of ['/nix/store/y-source/lib.nix', '/no/such/file.nix', '«string»'])
      expect(evaluation(said(nowhere)).message).toBe(
        "`./web` does not evaluate: attribute 'python3' missing",
      );
    const traced = `error: no\n\n       … while evaluating x\n\n       at ${here}:1:2:`;
    expect(evaluation(traced).message).toBe('`./web` does not evaluate: no');
  });

  test('a message of several lines below the word', () => {
    expect(evaluation('error:\n       Failed assertions:\n       - no name').message).toBe(
      '`./web` does not evaluate: Failed assertions: - no name',
    );
  });

  test('a trace first, as newer Nix prints it: the last error is the cause', () => {
    expect(evaluation('error:\n   … while calling x\n\n   error: attribute y missing').message).toBe(
      '`./web` does not evaluate: attribute y missing',
    );
  });

  test('a trace after it, as older Nix prints it', () => {
    const said =
      'error:\n       Failed assertions:\n       - no name\n\n       … while evaluating x\n\n       at /a.nix:1:2:';
    expect(evaluation(said).message).toBe('`./web` does not evaluate: Failed assertions: - no name');
  });

  test('definitions are for the log', () => {
    const said = "error: The option `a' has conflicting definition values:\n- In `x': 1\n- In `y': 2";
    expect(evaluation(said).message).toBe(
      "`./web` does not evaluate: The option `a' has conflicting definition values",
    );
  });

  test('what is known besides is part of the problem; it is asked with the last error alone, in Nix’ own words', () => {
    const asked: string[] = [];
    const failure = failedEvaluation(
      'it fails',
      failed("error: a\n\nerror: b\n - In `x'"),
      (words) => words.replace('b', 'B'),
      (words) => {
        asked.push(words);
        return { path: ['apps'], hint: 'h' };
      },
    );
    expect(failure.problems).toEqual([
      { code: 'evaluation-failed', message: 'it fails: B', path: ['apps'], hint: 'h' },
    ]);
    expect(asked).toEqual(["error: b\n - In `x'"]);
  });

  test.each([
    [
      '2.8',
      "error: builder for 'x.drv' failed with exit code 3;\n       last 1 log lines:\n       > one\nerror: 1 dependencies of derivation 'y.drv' failed to build\n(use '--show-trace' to show detailed location information)",
      "builder for 'x.drv' failed with exit code 3",
    ],
    [
      '2.34',
      "error: Cannot build 'x.drv'.\n       Reason: builder failed with exit code 3.\n       Output paths:\n         /nix/store/x\nerror:\n       … while calling the 'import' builtin\n         at /a.nix:3:7:\n\n       error: Cannot build 'y.drv'.\n       Reason: 1 dependency failed.\n       Output paths:\n         /nix/store/y",
      "Cannot build 'x.drv': builder failed with exit code 3",
    ],
  ])('Nix %s: a build that the evaluation needs', (_, said, message) => {
    expect(evaluation(said).message).toBe(`\`./web\` does not evaluate: ${message}`);
  });

  test.each([
    "error: access to absolute path '/etc/x' is forbidden in pure eval mode (use '--impure' to override)",
    "error: access to absolute path '/etc/x' is forbidden in pure evaluation mode (use --impure to override)",
  ])('nobody can override what pets asks: %s', (said) => {
    expect(evaluation(said).message).toMatch(/is forbidden in pure eval(uation)? mode$/);
  });

  test('nothing but an exit code', () => {
    expect(evaluation('')).toEqual({ message: '`./web` does not evaluate: exit code 1', log: [] });
  });
});

describe('what Nix says when a build fails', () => {
  const cause = (stderr: string) =>
    told(failedBuild(failed(stderr))).message?.replace('the build failed: ', '');

  test('the first error is the cause, and the builders’ lines are the log', () => {
    const said =
      "building 'x.drv'...\noops\nerror: builder for 'x.drv' failed with exit code 2\nerror: 1 dependencies of derivation 'y.drv' failed to build";
    expect(told(failedBuild(failed(said)))).toEqual({
      message: "the build failed: builder for 'x.drv' failed with exit code 2",
      log: said.split('\n'),
    });
  });

  test.each([
    ['2.8', "error: builder for 'x.drv' failed due to signal 9 (Killed)"],
    [
      '2.26',
      "error: builder for 'x.drv' failed due to signal 9 (Killed);\n       last 1 log lines:\n       > one\n       For full logs, run:\n         nix log x.drv",
    ],
  ])('Nix %s: the builder', (_, said) => {
    expect(cause(said)).toBe("builder for 'x.drv' failed due to signal 9 (Killed)");
  });

  test('Nix 2.34: why is on the next line', () => {
    const said =
      "one\nerror: Cannot build 'x.drv'.\n       Reason: builder failed with exit code 3.\n       Output paths:\n         /nix/store/x\nerror: Cannot build 'y.drv'.\n       Reason: 1 dependency failed.\n       Output paths:\n         /nix/store/y";
    expect(cause(said)).toBe("Cannot build 'x.drv': builder failed with exit code 3");
  });

  test('what only says that something else failed is no cause, wherever it is', () => {
    const [first, second] = [
      "error: 2 dependencies of derivation 'y.drv' failed to build",
      "error: Cannot build 'z.drv'.\n       Reason: 2 dependencies failed.",
    ];
    expect(cause(`${first}\n${second}\nerror: writing to file: No space left on device`)).toBe(
      'writing to file: No space left on device',
    );
    expect(cause(second)).toBe("Cannot build 'z.drv': 2 dependencies failed");
    expect(cause(`${second}\nerror: Build failed due to failed dependency`)).toBe(
      "Cannot build 'z.drv': 2 dependencies failed",
    );
  });

  test.each([
    [
      '2.8',
      "error: a 'aarch64-linux' with features {} is required to build 'x.drv', but I am a 'x86_64-linux' with features {kvm}",
      "a 'aarch64-linux' with features {} is required to build 'x.drv', but I am a 'x86_64-linux' with features {kvm}",
    ],
    [
      '2.34',
      "error: Cannot build 'x.drv'.\n       Reason: platform mismatch\n       Required system: 'aarch64-linux'\n       Current system: 'x86_64-linux'",
      "Cannot build 'x.drv': platform mismatch (Required system: 'aarch64-linux', Current system: 'x86_64-linux')",
    ],
    [
      '2.34',
      "error: Cannot build 'x.drv'.\n       Reason: missing system features\n       Required features: {warp}\n       Available features: {kvm}",
      "Cannot build 'x.drv': missing system features (Required features: {warp}, Available features: {kvm})",
    ],
  ])('Nix %s: another machine is needed', (_, said, message) => {
    expect(cause(said)).toBe(message);
  });

  test('a program that prints errors as Nix does is not Nix', () => {
    const end = {
      '2.8': "error: builder for 'x.drv' failed with exit code 101",
      '2.34': "error: Cannot build 'x.drv'.\n       Reason: builder failed with exit code 101.",
    };
    expect(cause(`error: could not compile\n${end['2.8']}`)).toBe(
      "builder for 'x.drv' failed with exit code 101",
    );
    expect(cause(`error: could not compile\n${end['2.34']}`)).toBe(
      "Cannot build 'x.drv': builder failed with exit code 101",
    );
  });

  test('another hash than expected', () => {
    const said =
      "error: hash mismatch in fixed-output derivation 'x.drv':\n         specified: sha256-A\n            got:    sha256-B";
    expect(cause(said)).toBe("hash mismatch in fixed-output derivation 'x.drv'");
  });

  test('nothing that looks like an error: the last line', () => {
    expect(cause("building 'x.drv'...\nkilled")).toBe('killed');
  });
});
