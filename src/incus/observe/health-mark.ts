import * as v from 'valibot';
import type { Health } from '../../domain/manifest.js';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const port = v.pipe(count, v.maxValue(65_535));

const health = v.looseObject({
  check: v.variant('kind', [
    v.looseObject({ kind: v.literal('http'), path: v.string(), status: v.array(count), port }),
    v.looseObject({ kind: v.literal('tcp'), port }),
    v.looseObject({ kind: v.literal('unit'), unit: v.string() }),
    v.looseObject({ kind: v.literal('command'), command: v.pipe(v.array(v.string()), v.minLength(1)) }),
    v.looseObject({ kind: v.literal('stable') }),
  ]),
  timeoutMs: count,
  intervalMs: count,
  successes: count,
});

/** How a recorded generation is told healthy; undefined: what stands there is not what pets writes. */
export function healthFrom(value: unknown): Health | null | undefined {
  if (value === null || value === undefined) return null;
  const result = v.safeParse(health, value);
  return result.success ? (result.output as unknown as Health) : undefined;
}
