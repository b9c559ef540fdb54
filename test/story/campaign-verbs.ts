import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CampaignPet } from './campaign.js';
import { answerOf, standIn } from './rig.js';

/** What writes. */
export type Verb = {
  readonly name: string;
  /** Gives it something to do. */
  readonly before?: (pet: CampaignPet) => Promise<void>;
  /** What the manifest says from now on, and the command that is killed. */
  readonly command: (pet: CampaignPet) => readonly string[];
  /** How it ends when nobody kills it, and how the `up` after it does, killed or not; unless said with 0. */
  readonly ends?: number;
  readonly next?: readonly number[];
  /** Data is replaced: afterwards the rows are those before the verb, or those at this time, and no others. */
  readonly former?: (pet: CampaignPet) => readonly number[];
  /** Done once more, before `up`. */
  readonly again?: (pet: CampaignPet) => Promise<void>;
  /** After `up`. */
  readonly after?: (pet: CampaignPet) => Promise<void>;
};

const up = (change: (pet: CampaignPet) => Parameters<CampaignPet['want']>[0]): Verb['command'] => {
  return (pet) => {
    pet.want(change(pet));
    return ['up'];
  };
};
const power = (name: 'start' | 'stop' | 'restart'): Verb => ({ name, command: (pet) => [name, pet.name] });

/** The rows at the beginning of a verb that replaces them, then one more. */
const rowsBefore = new WeakMap<CampaignPet, readonly number[]>();
const former = (pet: CampaignPet) => rowsBefore.get(pet) ?? [];
async function addAfter(pet: CampaignPet, work: () => Promise<unknown>): Promise<void> {
  rowsBefore.set(pet, pet.writer.kept);
  await work();
  // A backup ends when the system is up, which on a busy machine is before its service listens.
  await answerOf(pet.port);
  await pet.writer.add(pet.port);
}

const done = (words: (pet: CampaignPet) => readonly string[]) => async (pet: CampaignPet) => {
  await pet.ok(...words(pet));
};

/** What was left by hand serves again. */
const retry = done(() => ['up', '--retry']);

async function backUpAgain(pet: CampaignPet): Promise<void> {
  await pet.ok('backup', pet.name, '--keep', '1');
  const folder = join(pet.story.folder, '.state', pet.story.project, 'backups', pet.name);
  const names = readdirSync(folder);
  if (names.length !== 1) throw new Error(`left beside the only backup: ${names.join(' ')}`);
}

/** What was taken out of the app, and has no backup yet, is only a person's to delete. */
async function removeReplaced(pet: CampaignPet): Promise<void> {
  const aside = (await pet.volumes()).filter((name) => name.includes('.replaced-'));
  for (const name of aside)
    await pet.ok('volume', 'rm', `${pet.name}/${name}`, '--confirm', `${pet.name}/${name}`);
  await backUpAgain(pet);
}

const removeSpare = ({ name }: CampaignPet) => [
  'volume',
  'rm',
  `${name}/spare`,
  '--confirm',
  `${name}/spare`,
];
const deploy = ({ extra, extraPort }: CampaignPet) => {
  return ['deploy', './web', extra, '--port', String(extraPort), '--nixpkgs', standIn()];
};
const adopt = ({ extra }: CampaignPet) => ['adopt', extra, '--write'];

let ruins = 0;

/** A sample has one of the first half and one of the second. */
export const VERBS: readonly Verb[] = [
  { name: 'another version', command: up(({ wanted }) => ({ version: wanted.version + 1 })) },
  { name: 'another port', command: up(({ wanted }) => ({ at: wanted.at === 0 ? 1 : 0 })) },
  {
    name: 'an upgrade that is taken back',
    command: up(() => ({ ruin: ruins++ })),
    ends: 3,
    next: [3],
    after: async (pet) => {
      pet.want({ ruin: null });
      await pet.ok('up');
    },
  },
  { ...power('stop') },
  {
    name: 'restore',
    before: (pet) => addAfter(pet, () => pet.ok('backup', pet.name)),
    command: ({ name }) => ['restore', name, '--confirm', name],
    former,
    after: removeReplaced,
  },
  { name: 'another secret', command: up(({ wanted }) => ({ token: `${wanted.token}+` })) },
  {
    name: 'rename',
    command: up(({ wanted: { app } }) => ({ app: app === 'app' ? 'other' : 'app', was: app })),
  },
  {
    name: 'volume rm',
    before: (pet) => pet.makeSpare(),
    command: removeSpare,
    again: async (pet) => {
      if ((await pet.volumes()).includes('spare')) await pet.ok(...removeSpare(pet));
    },
  },
  {
    name: 'rollback',
    before: (pet) => pet.upgrade(),
    command: ({ name }) => ['rollback', name],
    next: [0, 3],
    after: retry,
  },
  {
    name: 'gc',
    before: (pet) => pet.upgrade(),
    command: (pet) => {
      pet.want({ keep: 1 });
      return ['gc'];
    },
    after: async (pet) => {
      pet.want({ keep: 3 });
      await pet.ok('up');
    },
  },
  { name: 'create', before: done(() => ['down', '--yes']), command: () => ['up'] },
  { name: 'update', command: () => ['update'] },
  { name: 'down', command: () => ['down', '--yes'] },
  {
    name: 'other limits',
    command: up(({ wanted }) => ({ memory: wanted.memory === '256MiB' ? '300MiB' : '256MiB' })),
  },
  { name: 'backup', command: ({ name }) => ['backup', name, '--keep', '2'], after: backUpAgain },
  { ...power('start'), before: done(({ name }) => ['stop', name]) },
  {
    name: 'rollback --data',
    before: (pet) => addAfter(pet, () => pet.upgrade()),
    command: ({ name }) => ['rollback', name, '--data'],
    next: [0, 3],
    former,
    after: retry,
  },
  { name: 'rm', command: ({ name }) => ['rm', name, '--yes'] },
  { ...power('restart') },
  {
    name: 'deploy',
    command: deploy,
    again: async (pet) => {
      await pet.ok(...deploy(pet));
      await pet.ok('rm', pet.extra, '--deployed', '--yes');
    },
  },
  {
    name: 'adopt',
    before: done(deploy),
    command: adopt,
    again: done(adopt),
    after: async (pet) => {
      await pet.ok('rm', pet.extra, '--yes');
      pet.want({});
    },
  },
];
