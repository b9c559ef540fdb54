import { cleanLines, createStyle, type Tone } from '../style.js';
import { pad, widest } from '../text.js';

/** One entry of a guest's journal, as far as it is shown. */
export type Logged = {
  readonly app: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly source: string;
  readonly priority: number;
  readonly message: string;
};

const PREFIXES: readonly Tone[] = ['cyan', 'yellow', 'green', 'magenta', 'blue'];
/** syslog's: error and worse; warning. */
const ERROR = 3;
const WARNING = 4;

/**
 * `web | 2026-11-21 22:04:33 nginx[12]: ready`, with a newline; each line of a message has all of it. Of one app alone
 * its name is left out. In local time.
 */
export function logPrinter(apps: readonly string[], color: boolean): (entry: Logged) => string {
  const style = createStyle(color);
  const width = widest(apps);
  const prefixes = new Map(
    [...apps]
      .sort()
      .map((app, i) => [app, style[PREFIXES[i % PREFIXES.length] ?? 'cyan'](`${pad(app, width)} |`)]),
  );
  return ({ app, at, source, priority, message }) => {
    const prefix = apps.length > 1 ? `${prefixes.get(app) ?? app} ` : '';
    const [head = ''] = cleanLines(source);
    const tone = priority <= ERROR ? style.red : priority === WARNING ? style.yellow : (text: string) => text;
    return cleanLines(message)
      .map((line) => `${prefix}${style.dim(`${timeOf(at)} ${head}:`)} ${tone(line)}`.trimEnd() + '\n')
      .join('');
  };
}

/** `2026-11-21 22:04:33` */
function timeOf(at: number): string {
  const time = new Date(at);
  const two = (n: number) => String(n).padStart(2, '0');
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}
