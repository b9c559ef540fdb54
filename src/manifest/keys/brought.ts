import type { KeyPath } from '../../domain/problem.js';
import { APP, BELOW, TOP } from './brought-keys.js';
import { formatKey } from '../../domain/nix-value.js';

const SOME_APP = '<name>';

/** What to write in place of a key that other tools have; null: none is known to have it there. */
export function answerTo(path: KeyPath, value: unknown): string | null {
  const [root, ...steps] = path;
  const [first = SOME_APP, ...below] = root === 'apps' ? steps : [SOME_APP, ...steps];
  const [table] = below.slice(0, -1);
  const answers = steps.length === 0 ? TOP : table === undefined ? APP : (BELOW[String(table)] ?? {});
  const key = kebabCase(String(path.at(-1)));
  const found = Object.hasOwn(answers, key) ? answers[key] : undefined;
  if (!found) return null;
  const app = first === SOME_APP ? SOME_APP : formatKey(String(first));
  const { here, app: ofApp, why } = typeof found === 'function' ? found({ app, value }) : found;
  const isAppsOwn = root === 'apps' && table === undefined;
  const lines = [
    ...(here === undefined ? [] : [`instead: ${here}`]),
    ...(ofApp === undefined ? [] : [`instead${isAppsOwn ? '' : ` in [apps.${app}]`}: ${ofApp}`]),
    ...(why === undefined ? [] : [why]),
  ];
  return lines.join('\n');
}

/** `dependsOn`, `depends_on` → `depends-on`. */
function kebabCase(key: string): string {
  return key
    .slice(0, 64)
    .replace(/(?<=[a-z])(?=[A-Z])/g, '-')
    .replaceAll('_', '-')
    .toLowerCase();
}
