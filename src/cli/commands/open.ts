import { urlOf } from '../../domain/binding.js';
import type { ActualApp } from '../../domain/actual.js';
import { EXIT, problemOf, ProblemError, type ExitCode } from '../../domain/problem.js';
import type { Context, GlobalOptions } from '../../runtime/context.js';
import { notice } from '../../runtime/notice.js';
import { choosePets } from '../../runtime/pets.js';
import { listenOf } from '../../runtime/row.js';

/** Prints the address that an app is served at and, where there is a display, opens it in a browser. */
export async function open(name: string, options: GlobalOptions, context: Context): Promise<ExitCode> {
  const { pets } = await choosePets([name], options, context);
  const urls = pets.map(servedAt);
  context.stdout.write(urls.map((url) => `${url}\n`).join(''));
  const browser = browserIn(context.env);
  if (browser === null) return EXIT.ok;
  const { launch } = await import('../../lib/processes.js');
  for (const url of urls) {
    await launch([browser, url]).catch((error: unknown) => {
      notice('warning', `it is not opened: ${problemOf(error).message}`, options, context);
    });
  }
  return EXIT.ok;
}

function servedAt({ name, exposures }: ActualApp): string {
  const web = exposures.find(({ role }) => role === 'web');
  const listen = listenOf(web?.binding ?? null);
  if (listen) return urlOf(listen);
  throw new ProblemError({
    app: name,
    message: `\`${name}\` is not exposed: it has no URL`,
    hint: `give it a \`port\` in the manifest, then \`pets up ${name}\``,
  });
}

/** `BROWSER` has names, the first choice first; null where there is nothing to see it on. */
function browserIn(env: Context['env']): string | null {
  if (!env['DISPLAY'] && !env['WAYLAND_DISPLAY']) return null;
  return (env['BROWSER'] ?? '').split(':').find((program) => program !== '') ?? 'xdg-open';
}
