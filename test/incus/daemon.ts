import type { Reply, Send } from '../../src/incus/client/http.js';
import { RestClient } from '../../src/incus/client/operations.js';

export const json = (body: object, status = 200): Reply => ({
  status,
  headers: { etag: 'tag' },
  body: JSON.stringify(body),
});
export const shown = (metadata: unknown) => json({ type: 'sync', metadata });
export const failed = (error: string, error_code = 500) =>
  json({ type: 'error', error, error_code, metadata: null }, error_code);
export const begun = (id: string) =>
  json({ type: 'async', operation: `/1.0/operations/${id}`, metadata: {} }, 202);

/** What is answered to who waits for an operation. */
export const ended = (metadata: object = {}) => shown({ status: 'Success', status_code: 200, metadata });

/** An operation of the daemon's list, on one instance. */
export const operation = (id: string, instance: string, change: object = {}) => ({
  id,
  class: 'task',
  description: 'Stopping instance',
  resources: { instances: [`/1.0/instances/${instance}`] },
  ...change,
});
export type Operation = ReturnType<typeof operation>;

type Answers = Readonly<Record<string, () => Reply>>;

/**
 * A daemon that answers what it is asked by method and path (`*`: any instance, any backup); what it was asked is kept, without
 * `?…`, and what was posted to it.
 */
export function daemon(
  answers: Answers,
  { posted = [] }: { posted?: object[] } = {},
): { rest: RestClient; asked: string[] } {
  const asked: string[] = [];
  const send: Send = (method, path, { body } = {}) => {
    const request = `${method} ${path.replace(/\?.*/, '')}`;
    asked.push(request);
    if (method === 'POST') posted.push(body as object);
    const answer = answers[request] ?? answers[request.replace(/(\/(?:instances|backups)\/)[^/]+/, '$1*')];
    return answer ? Promise.resolve(answer()) : Promise.reject(new Error(`nobody expected ${request}`));
  };
  return { rest: new RestClient(send), asked };
}

/** The list of operations, of which each ends when it is waited for. */
export function operations(running: Operation[]): Answers {
  const waits = running.map(({ id }) => {
    const wait = () => {
      running.splice(
        running.findIndex((op) => op.id === id),
        1,
      );
      return ended();
    };
    return [`GET /1.0/operations/${id}/wait`, wait] as const;
  });
  return { 'GET /1.0/operations': () => shown({ running: [...running] }), ...Object.fromEntries(waits) };
}
