import { KIND_WORDS, type Notice } from '../domain/alert.js';
import type { NotifyFormat } from '../domain/manifest.js';

/** Where a notice comes from. */
export type Sender = { readonly project: string; readonly host: string };

/** What is sent by HTTP. */
export type Message = { readonly headers: Readonly<Record<string, string>>; readonly body: string };

const JSON_TYPE = { 'content-type': 'application/json' };

/** Pure: a notice as its receiver takes it. */
export function messageOf(format: NotifyFormat, notice: Notice, sender: Sender): Message {
  switch (format) {
    case 'json':
      return { headers: JSON_TYPE, body: JSON.stringify(noticeJson(notice, sender)) };
    case 'ntfy':
      return {
        headers: {
          'content-type': 'text/plain; charset=utf-8',
          // A header holds ASCII only; names of projects and apps are that.
          Title: titleOf(notice, sender),
          Priority: IS_BAD[notice.kind] ? 'high' : 'default',
          Tags: IS_BAD[notice.kind] ? 'rotating_light' : 'white_check_mark',
        },
        body: `${notice.message}\n(${sender.host})`,
      };
    case 'slack':
      return { headers: JSON_TYPE, body: JSON.stringify({ text: slackText(notice, sender) }) };
    case 'matrix':
      return { headers: JSON_TYPE, body: JSON.stringify({ text: plainText(notice, sender) }) };
  }
}

/** What a command gets on its standard input, and a receiver without a format of its own. */
export function noticeJson({ kind, app, at, message }: Notice, { project, host }: Sender) {
  return { version: 1, kind, project, app, host, at, message };
}

const IS_BAD: Readonly<Record<Notice['kind'], boolean>> = {
  failed: true,
  'rolled-back': true,
  unhealthy: true,
  drift: false,
  'backup-failed': true,
  'backup-late': true,
  'update-failed': true,
  'update-held': false,
  'disk-full': true,
  'cannot-run': true,
  mended: false,
  updated: false,
  test: false,
};

function titleOf({ kind, app }: Notice, { project }: Sender): string {
  return `${project}${app === null ? '' : `/${app}`}: ${KIND_WORDS[kind]}`;
}

function plainText(notice: Notice, sender: Sender): string {
  return `${titleOf(notice, sender)} (${sender.host})\n${notice.message}`;
}

/** Slack and Mattermost read `<…>` as a link or a mention, and `&` as the start of an entity. */
function slackText(notice: Notice, sender: Sender): string {
  return plainText(notice, sender).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
