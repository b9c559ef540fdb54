import type { AttachmentSpec } from '../domain/action.js';
import type { Volume } from '../domain/actual.js';
import { ProblemError } from '../domain/problem.js';
import type { OperationContext } from './job.js';

/** A disk device of Incus. `shift`: the host's owners are the guest's; a volume has that in its own config. */
export async function deviceOf(
  job: OperationContext,
  what: AttachmentSpec,
): Promise<Readonly<Record<string, string>>> {
  switch (what.kind) {
    case 'volume': {
      const { pool, name } = await volumeOf(job, what.volume);
      return { type: 'disk', pool, source: name, path: what.path };
    }
    case 'bind': {
      const { source, path, readOnly } = what;
      return { type: 'disk', source, path, shift: 'true', ...(readOnly ? { readonly: 'true' } : {}) };
    }
    case 'device':
      return what.value;
  }
}

export async function volumeOf({ app, services }: OperationContext, name: string): Promise<Volume> {
  const volumes = await services.incus.volumes();
  const volume = volumes.find((v) => v.app === app && v.volume === name);
  if (volume) return volume;
  throw new ProblemError({
    code: 'volume-missing',
    data: { volume: name },
    message: `the volume \`${name}\` of \`${app}\` is not there any more`,
    hint: `run \`pets up ${app}\` again`,
  });
}
