import { readdirSync, readlinkSync } from 'node:fs';
import { must, PROFILES, type Story } from './rig.js';

type Instance = Awaited<ReturnType<Story['instances']>>[number];

/**
 * All that there is of a story's project, as far as it is the same after each run that brings about the same. Numbers
 * of generations grow: what counts is that everything has the same. `ports`: those whose forwarders are the story's.
 */
export async function shapeOf(story: Story, ports: readonly number[]): Promise<unknown> {
  const [instances, volumes, operations, processes] = await Promise.all([
    story.instances(),
    story.volumes(),
    story.ask('/1.0/operations?recursion=1'),
    must('ps', ['-eo', 'args']),
  ]);
  const { running = [] } = operations as { running?: readonly object[] };
  return {
    instances: instances.map((instance) => ({
      ...partsOf(instance),
      generations: generationsOf(story, instance),
    })),
    volumes: await Promise.all(
      volumes.map(async ({ name, pool, config }) => ({
        name,
        app: config['user.pets.app'],
        copies: await copiesOf(story, pool, name, instances),
      })),
    ),
    running: running.filter((operation) => JSON.stringify(operation).includes(story.project)),
    forwarders: processes
      .split('\n')
      .filter((line) => / forkproxy /.test(line))
      .flatMap((line) => ports.filter((port) => line.includes(`127.0.0.1:${port} `))),
    profiles: namesIn(PROFILES).includes(story.project) ? namesIn(`${PROFILES}/${story.project}`) : [],
  };
}

/** What pets writes with a time or a number in it, and what it is written as here. */
const RECORDS = /^user\.pets\.(?:applied|condemned|generation\.\d+)$/;

function partsOf({ name, status, config, devices }: Instance): object {
  const own = Object.entries(config).filter(([key]) => !key.startsWith('volatile.'));
  const { toplevel, facets } = JSON.parse(config['user.pets.applied'] ?? '{}') as Record<string, unknown>;
  return {
    ...{ name, status, toplevel, facets },
    config: Object.fromEntries(own.filter(([key]) => !RECORDS.test(key))),
    isCondemned: config['user.pets.condemned'] !== undefined,
    devices: Object.values(devices)
      .map((value) => JSON.stringify(value))
      .sort(),
  };
}

/** Each recorded one has its links, and there is no other. The current is told by how many are newer. */
function generationsOf(story: Story, { name, config }: Instance): object {
  const recorded = recordedOn({ config });
  const directory = `${PROFILES}/${story.project}/${name}`;
  const { generation, toplevel } = JSON.parse(config['user.pets.applied'] ?? '{}') as {
    generation?: number;
    toplevel?: string;
  };
  const links = numbersIn(namesIn(directory), /^system-(\d+)-link$/);
  const kept = numbersIn(namesIn(`${directory}/kept`), /^(\d+)$/);
  return {
    recorded: recorded.length,
    newer: recorded.filter((number) => number > (generation ?? 0)).length,
    unlinked: recorded.filter((number) => !links.includes(number) || !kept.includes(number)),
    unrecorded: [...links, ...kept].filter((number) => !recorded.includes(number)),
    isCurrent:
      readlinkSync(`${directory}/system`) === `system-${String(generation)}-link` &&
      readlinkSync(`${directory}/system-${String(generation)}-link`) === toplevel,
  };
}

/** Those of recorded generations, by how many are newer. What was there before a way back is kept for a person. */
async function copiesOf(
  story: Story,
  pool: string,
  volume: string,
  instances: readonly Instance[],
): Promise<unknown> {
  const path = `/1.0/storage-pools/${pool}/volumes/custom/${encodeURIComponent(volume)}/snapshots`;
  const names = ((await story.ask(path)) as string[]).map((url) => String(url.split('/').at(-1)));
  const recorded = instances.flatMap(recordedOn);
  return names
    .filter((name) => !name.startsWith('pets-undone-'))
    .map((name) => {
      const number = Number(/^pets-(\d+)$/.exec(name)?.[1]);
      return recorded.includes(number) ? recorded.filter((other) => other > number).length : name;
    })
    .sort();
}

function recordedOn({ config }: Pick<Instance, 'config'>): number[] {
  return numbersIn(Object.keys(config), /^user\.pets\.generation\.(\d+)$/);
}

function numbersIn(names: readonly string[], shape: RegExp): number[] {
  return names.flatMap((name) => shape.exec(name)?.slice(1).map(Number) ?? []).sort((a, b) => a - b);
}

function namesIn(folder: string): string[] {
  return readdirSync(folder);
}
