import { describe, expect, test } from '@jest/globals';
import { failedBuild, failedEvaluation } from '../../src/nix/words.js';
import type { FailedProgram } from '../../src/problem.js';

const told = ({ problems, log }: FailedProgram) => ({ message: problems[0]?.message, log });
const failed = (stderr: string) => ({ exitCode: 1, stdout: '', stderr });

describe('what Nix says when a flake does not evaluate', () => {
  const evaluation = (stderr: string) =>
    told(failedEvaluation('`./web` does not evaluate', failed(stderr), '/tmp/w'));

  test('an error in a line, with where it is; no noise before it', () => {
    const said =
      "warning: x\n• Added input 'app':\n    'path:/tmp/w/app'\nerror: syntax error, unexpected ';'\n\n       at /tmp/w/app/flake.nix:3:1:\n(use '--show-trace' to …)";
    expect(evaluation(said)).toEqual({
      message: "`./web` does not evaluate: syntax error, unexpected ';'",
      log: ["error: syntax error, unexpected ';'", '       at /app/flake.nix:3:1:'],
    });
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

  test('what is known besides is part of the problem; it is asked with the last error alone', () => {
    const asked: string[] = [];
    const failure = failedEvaluation(
      'it fails',
      failed("error: a\n\nerror: b\n - In `x'"),
      '/tmp/w',
      (words) => {
        asked.push(words);
        return { path: ['apps'], hint: 'h' };
      },
    );
    expect(failure.problems).toEqual([{ message: 'it fails: b', path: ['apps'], hint: 'h' }]);
    expect(asked).toEqual(["error: b\n - In `x'"]);
  });

  test('nothing but an exit code', () => {
    expect(evaluation('')).toEqual({ message: '`./web` does not evaluate: exit code 1', log: [] });
  });
});

test('a build: the first error is the cause, and the builders’ lines are the log', () => {
  const said =
    'building x.drv\noops\nerror: builder for x.drv failed with exit code 2\nerror: 1 dependencies of y.drv failed';
  expect(told(failedBuild(failed(said)))).toEqual({
    message: 'the build failed: builder for x.drv failed with exit code 2',
    log: said.split('\n'),
  });
});
