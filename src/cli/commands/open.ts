import { urlOf } from '../../domain/binding.js';
import type { ActualApp } from '../../domain/actual.js';
import { EXIT, problemOf, ProblemError, type ExitCode } from '../../domain/problem.js';
import type { Runtime } from '../../runtime/runtime.js';
import { choosePets } from '../../runtime/pets.js';
import { listenOf } from '../../runtime/row.js';
import type { CommandLine } from '../command-line.js';
import { examples, withGlobalOptions } from '../options.js';

export function addOpen({ program, actionOf }: CommandLine): void {
  withGlobalOptions(program.command('open <app>'))
    .summary("open an app's URL in a browser")
    .description(
      'Prints the URL of an app and, where there is a display, opens it in $BROWSER or with xdg-open.',
    )
    .addHelpText('after', examples('pets open web', 'curl "$(pets open web)"'))
    .action(actionOf(open));
}

/** Prints the address that an app is served at and, where there is a display, opens it in a browser. */
async function open(runtime: Runtime, _: object, name: string): Promise<ExitCode> {
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
