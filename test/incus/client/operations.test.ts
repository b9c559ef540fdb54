import { describe, expect, test } from '@jest/globals';
import { ConnectionLost, IncusError, type Reply, type Send } from '../../../src/incus/client/http.js';
import { OperationTimeout, RestClient } from '../../../src/incus/client/operations.js';

const json = (body: object, status = 200): Reply => ({
  status,
  headers: { etag: 'tag' },
  body: JSON.stringify(body),
});
const started = json({ type: 'async', operation: '/1.0/operations/op', metadata: {} }, 202);
const waited = (metadata: object) =>
  json({ type: 'sync', metadata: { status: 'Success', status_code: 200, err: '', metadata } });
const failed = (error: string, error_code = 500) =>
  json({ type: 'error', error, error_code, metadata: null });
const state = (status_code: number, more: object = {}) =>
  json({ type: 'sync', metadata: { status_code, ...more } });
const LATE = 'context deadline exceeded';

/** A daemon that answers in turn; what it was asked is kept. */
function daemon(...replies: (Reply | Error)[]): { rest: RestClient; asked: string[] } {
  const asked: string[] = [];
  const send: Send = (method, path) => {
    asked.push(`${method} ${path}`);
    const reply = replies.shift() ?? new Error('asked once too often');
    return reply instanceof Error ? Promise.reject(reply) : Promise.resolve(reply);
  };
  return { rest: new RestClient(send), asked };
}

describe('a read', () => {
  test('gives metadata and etag, null for what is not there, the daemon’s words for errors', async () => {
    const { rest } = daemon(json({ type: 'sync', metadata: [1] }), failed('x', 404), failed('no', 403));
    expect(await rest.get('/a')).toEqual({ metadata: [1], etag: 'tag' });
    await expect(rest.get('/b')).rejects.toEqual(new IncusError('x', 404));
    await expect(rest.get('/c')).rejects.toEqual(new IncusError('no', 403));
    const { rest: missing } = daemon(json({ type: 'error', error: 'Not Found', error_code: 404 }, 404));
    expect(await missing.get('/d')).toBeNull();
  });

  test('is repeated when the connection broke; an answer that is no JSON is an error', async () => {
    const { rest, asked } = daemon(new ConnectionLost('x'), json({ type: 'sync', metadata: 1 }), {
      status: 200,
      headers: {},
      body: '<html>',
    });
    expect((await rest.get('/a'))?.metadata).toBe(1);
    expect(asked).toHaveLength(2);
    await expect(rest.get('/b')).rejects.toThrow('did not answer with JSON: <html>');
  });
});

describe('a write', () => {
  test('is done when its operation is', async () => {
    const { rest, asked } = daemon(started, waited({ return: 4 }));
    expect(await rest.write('POST', '/x')).toEqual({ metadata: { return: 4 } });
    expect(asked[1]).toMatch(/^GET \/1\.0\/operations\/op\/wait\?timeout=/);
  });

  test('on a busy instance is tried again, whether it says so at once or in the end', async () => {
    const busy = 'Instance is busy running a "start" operation';
    const { rest, asked } = daemon(failed(busy), started, failed(`Failed: ${busy}`), started, waited({}));
    await rest.write('PUT', '/x');
    expect(asked.filter((request) => request === 'PUT /x')).toHaveLength(3);
  });

  test('whose connection broke is not repeated here: it may have been done', async () => {
    const { rest, asked } = daemon(new ConnectionLost('x'));
    await expect(rest.write('PUT', '/x')).rejects.toBeInstanceOf(ConnectionLost);
    expect(asked).toHaveLength(1);
  });

  test('that fails says so in the daemon’s words', async () => {
    const { rest } = daemon(started, failed('UNIQUE constraint failed'));
    await expect(rest.write('POST', '/x')).rejects.toThrow('UNIQUE constraint failed');
  });
});

describe('a wait', () => {
  test('goes on in rounds while the operation runs', async () => {
    const { rest } = daemon(failed(LATE), state(103), failed(LATE), state(105), waited({ a: 1 }));
    expect(await rest.wait('/1.0/operations/op', 60_000)).toEqual({ metadata: { a: 1 } });
  });

  test('that ends between the round and the look is no failure', async () => {
    const { rest } = daemon(failed(LATE), state(200, { metadata: { return: 0 } }));
    expect(await rest.wait('/1.0/operations/op', 60_000)).toEqual({ metadata: { return: 0 } });
  });

  test('tells the operation’s own deadline from the round’s', async () => {
    const { rest } = daemon(
      failed(`Failed shutting down: ${LATE}`),
      state(400, { err: 'Failed shutting down' }),
    );
    await expect(rest.wait('/1.0/operations/op', 60_000)).rejects.toThrow('Failed shutting down');
  });

  test('for what the daemon has forgotten leaves it to the caller to look', async () => {
    const { rest } = daemon(failed('Operation not found', 404));
    await expect(rest.wait('/1.0/operations/op', 60_000)).rejects.toBeInstanceOf(ConnectionLost);
  });

  // As the daemon answers from 6.0.5 and 6.12 on.
  test('goes on in rounds that end with an operation which runs, is pending or is being cancelled', async () => {
    const { rest, asked } = daemon(state(103), state(105), state(104, { err: '' }), waited({ a: 1 }));
    expect(await rest.wait('/1.0/operations/op', 60_000)).toEqual({ metadata: { a: 1 } });
    expect(new Set(asked)).toEqual(new Set(['GET /1.0/operations/op/wait?timeout=20']));
  });

  test.each([
    [state(400, { status: 'Failure', err: 'No space left on device' }), 'No space left on device'],
    [state(401, { status: 'Cancelled', err: '' }), 'the operation has ended as Cancelled'],
    [state(200, { err: 'half of it failed' }), 'half of it failed'],
    [json({ type: 'sync', metadata: {} }), 'the operation has ended as nobody knows what'],
    [json({ type: 'sync', metadata: null }), 'the operation has ended as nobody knows what'],
  ])('that is answered with an operation which failed is a failure: %#', async (reply, words) => {
    const { rest } = daemon(reply);
    await expect(rest.wait('/1.0/operations/op', 60_000)).rejects.toEqual(new IncusError(words, 500));
  });

  test('that ends with the daemon leaves it to the caller to look', async () => {
    const { rest } = daemon(state(400, { err: 'sql: database is closed' }));
    await expect(rest.wait('/1.0/operations/op', 60_000)).rejects.toBeInstanceOf(ConnectionLost);
    const { rest: other } = daemon(failed(LATE), json({ type: 'error', error: 'Not Found' }, 404));
    await expect(other.wait('/1.0/operations/op', 60_000)).rejects.toBeInstanceOf(ConnectionLost);
  });

  test('is for the id, whatever else is in the URL', async () => {
    const begun = { type: 'async', operation: '/1.0/operations/op?project=x', metadata: { id: 'op' } };
    const { rest, asked } = daemon(json(begun, 202), waited({}));
    await rest.write('POST', '/x');
    expect(asked[1]).toBe('GET /1.0/operations/op/wait?timeout=20');
  });

  test('is bounded', async () => {
    const { rest } = daemon();
    await expect(rest.wait('/1.0/operations/op', 0)).rejects.toBeInstanceOf(OperationTimeout);
  });
});
