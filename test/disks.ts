import type { Volume } from '../src/domain/actual.js';
import type { Incus } from '../src/domain/services.js';

/** What was written to a volume, in order: which systems ran, and what people did with them. */
type Content = readonly string[];
type Disk = { volume: Volume; content: Content; readonly snapshots: Map<string, Content> };
type VolumeCalls = Pick<
  Incus,
  | 'volumes'
  | 'makeVolume'
  | 'resizeVolume'
  | 'markVolume'
  | 'removeVolume'
  | 'copyVolume'
  | 'snapshots'
  | 'snapshotVolume'
  | 'restoreVolume'
  | 'removeSnapshot'
>;

const later = <T>(value: T) => Promise.resolve(value);

/** The volumes of a pool in memory, with their snapshots. */
export class Disks {
  readonly #disks = new Map<string, Disk>();

  volumes(): Volume[] {
    return [...this.#disks.values()].map(({ volume }) => volume);
  }

  content(name: string): Content {
    return this.#there(name).content;
  }

  /** What there is of it anywhere: now, and in its snapshots. */
  everything(name: string): Content {
    const { content, snapshots } = this.#there(name);
    return [content, ...snapshots.values()].flat();
  }

  /** In a line, for people. */
  shown(name: string): string {
    const { content, snapshots } = this.#there(name);
    const copies = [...snapshots].map(([copy, was]) => `${copy}: ${was.join(' ')}`);
    return [`${name}: ${content.join(' ')}`, ...copies].join(' | ');
  }

  snapshotsOf(name: string): string[] {
    return [...this.#there(name).snapshots.keys()];
  }

  /** A system that goes on writing writes nothing new. */
  write(names: readonly string[], text: string): void {
    for (const disk of names.map((name) => this.#there(name)))
      if (disk.content.at(-1) !== text) disk.content = [...disk.content, text];
  }

  #there(name: string): Disk {
    const disk = this.#disks.get(name);
    if (!disk) throw new Error(`there is no volume ${name}`);
    return disk;
  }

  /** `usersOf`: who runs with it. */
  calls(project: string, usersOf: (volume: Volume) => readonly string[]): VolumeCalls {
    const unused = async (volume: Volume) => {
      const users = usersOf(volume);
      if (users.length > 0) throw new Error(`${volume.name} is in use by ${users.join()}`);
      return later(this.#there(volume.name));
    };
    return {
      volumes: () => later(this.volumes()),
      makeVolume: ({ app, volume }, size) => {
        const names = ['', '-2', '-3'].map((end) => `${project}.${app}.${volume}${end}`);
        const name = names.find((free) => !this.#disks.has(free)) ?? 'none';
        const marks = { pool: 'default', name, app, volume, size, copies: false, usedBy: [] };
        if (!this.volumes().some((v) => v.app === app && v.volume === volume))
          this.#disks.set(name, { volume: marks, content: [], snapshots: new Map() });
        return later({ warning: null });
      },
      resizeVolume: async ({ name }, size) => {
        const disk = this.#there(name);
        disk.volume = { ...disk.volume, size };
        return later({ warning: null });
      },
      markVolume: async ({ name }, marks) => {
        const disk = this.#there(name);
        disk.volume = { ...disk.volume, ...marks };
        return later(undefined);
      },
      removeVolume: (volume) => {
        if (!volume.app.endsWith('-rehearsal')) return Promise.reject(new Error('no run deletes a volume'));
        return later(void this.#disks.delete(volume.name));
      },
      copyVolume: async (volume, marks, into = project) => {
        const copy = { ...volume, ...marks, name: `${into}.${marks.app}.${marks.volume}` };
        this.#disks.set(copy.name, {
          volume: copy,
          content: this.#there(volume.name).content,
          snapshots: new Map(),
        });
        return later(copy);
      },
      snapshots: async ({ name }) => later(this.snapshotsOf(name)),
      snapshotVolume: async (volume, name) => {
        const { content, snapshots } = await unused(volume);
        snapshots.set(name, content);
      },
      restoreVolume: async (volume, name) => {
        const disk = await unused(volume);
        const copy = disk.snapshots.get(name);
        if (!copy) throw new Error(`${volume.name} has no snapshot ${name}`);
        disk.content = copy;
      },
      removeSnapshot: async ({ name }, snapshot) => later(void this.#there(name).snapshots.delete(snapshot)),
    };
  }
}
