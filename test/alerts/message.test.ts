import { expect, test } from '@jest/globals';
import { messageOf } from '../../src/alerts/message.js';
import type { Notice } from '../../src/domain/alert.js';
import type { AppName } from '../../src/domain/names.js';
import { NOTIFY_FORMATS } from '../../src/domain/manifest.js';

const notice: Notice = {
  kind: 'rolled-back',
  app: 'web' as AppName,
  at: '2026-11-27T03:00:00.000Z',
  message: '<!channel> „http 500“ & more\nsecond line',
};
const sender = { project: 'homelab', host: 'box' };

test('as JSON it is what it is', () => {
  const { headers, body } = messageOf('json', notice, sender);
  expect(headers).toEqual({ 'content-type': 'application/json' });
  expect(JSON.parse(body)).toEqual({ version: 1, project: 'homelab', host: 'box', ...notice });
});

test('for ntfy the title and the rank are headers, and headers are ASCII', () => {
  const { headers, body } = messageOf('ntfy', notice, sender);
  expect(headers).toMatchObject({ Title: 'homelab/web: rolled back', Priority: 'high' });
  for (const value of Object.values(headers)) expect(value).toMatch(/^[\x20-\x7e]+$/);
  expect(body).toBe(`${notice.message}\n(box)`);
  expect(messageOf('ntfy', { ...notice, kind: 'mended' }, sender).headers).toMatchObject({
    Priority: 'default',
  });
});

test('for Slack and Mattermost nothing in it calls a channel or is a link', () => {
  const { text } = JSON.parse(messageOf('slack', notice, sender).body) as { text: string };
  expect(text).toBe('homelab/web: rolled back (box)\n&lt;!channel&gt; „http 500“ &amp; more\nsecond line');
});

test('for Matrix it is plain text', () => {
  const { text } = JSON.parse(messageOf('matrix', notice, sender).body) as { text: string };
  expect(text).toBe(`homelab/web: rolled back (box)\n${notice.message}`);
});

test('a test names no app', () => {
  for (const format of NOTIFY_FORMATS) {
    const { headers, body } = messageOf(
      format,
      { ...notice, kind: 'test', app: null, message: 'hello' },
      sender,
    );
    expect(JSON.stringify([headers, body])).toContain('hello');
    expect(JSON.stringify([headers, body])).not.toContain('homelab/');
  }
});
