import { urlOf } from '../../domain/binding.js';
import type { ActualApp } from '../../domain/actual.js';
import { EXIT, problemOf, ProblemError, type ExitCode } from '../../domain/problem.js';
import type { Runtime } from '../../runtime/runtime.js';
import { choosePets } from '../../runtime/pets.js';
import { listenOf } from '../../runtime/row.js';

/** Prints the address that an app is served at and, where there is a display, opens it in a browser. */
export async function open(runtime: Runtime, _: object, name: string): Promise<ExitCode> {
  const { pets } = await choosePets(runtime, [name]);
  const urls = pets.map(servedAt);
  runtime.output.write(urls.map((url) => `${url}\n`).join(''));
  const { browser } = runtime;
  if (browser === null) return EXIT.ok;
  for (const url of urls) {
    await runtime.programs.launch([browser, url]).catch((error: unknown) => {
      runtime.output.notice('warning', `it is not opened: ${problemOf(error).message}`);
    });
  }
  return EXIT.ok;
}

function servedAt({ name, exposures }: ActualApp): string {
  const web = exposures.find(({ role }) => role === 'web');
  const listen = listenOf(web?.binding ?? null);
  if (listen) return urlOf(listen);
  throw new ProblemError({
    code: 'app-not-exposed',
    app: name,
    message: `\`${name}\` is not exposed: it has no URL`,
    hint: `give it a \`port\` in the manifest, then \`pets up ${name}\``,
  });
}
