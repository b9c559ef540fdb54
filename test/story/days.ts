import { freePorts, Story, watchedNix } from './rig.js';

/** Two apps with a page each and one without, as a user has them. `nix` tells what Nix was asked by `pets` and `ok`. */
export function operatorsDays(name: string) {
  const story = new Story(name, { isWatched: true });
  const ports: number[] = [];
  const [hello, again, worker] = ['hello', 'again', 'worker'].map((app) => story.name(app)) as [
    string,
    string,
    string,
  ];
  const nix = watchedNix(story);

  const manifest = (change: { hello?: number; again?: number | null; worker?: boolean } = {}) => {
    story.manifest({
      hello: `flake-ref = "./hello"\nport = ${change.hello ?? ports[0] ?? 0}`,
      ...(change.again === null
        ? {}
        : { again: `flake-ref = "./again"\nport = ${change.again ?? ports[1] ?? 0}` }),
      ...(change.worker === false ? {} : { worker: 'flake-ref = "./worker"' }),
    });
  };

  const setUp = async () => {
    ports.push(...(await freePorts(6)));
    story.flake('hello');
    story.page('hello', 'the first page');
    story.flake('again');
    story.page('again', 'another app');
    story.flake('worker', 'counter');
    manifest();
  };

  const pets = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
    story.pets(args, { ...nix.env, ...env });
  const ok = (args: readonly string[]) => story.ok(args, nix.env);
  return { story, ports, hello, again, worker, nix, manifest, setUp, pets, ok };
}
