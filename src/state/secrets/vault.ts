import { createHmac } from 'node:crypto';
import type { AppName } from '../../domain/names.js';
import type { ManifestApp, OutsideSource, Secret } from '../../domain/manifest.js';
import type { SecretRead } from '../../domain/desired.js';
import type { Secrets } from '../../domain/services.js';
import { ProblemError } from '../../domain/problem.js';
import { HiddenParts } from './hide.js';
import { freshKey, freshSecret, SecretFiles } from './kept.js';
import { readSource, type Surroundings } from './source.js';

export type Reads = Readonly<Record<string, Readonly<Record<string, SecretRead>>>>;

/** Secrets in memory, and nowhere else until `value` hands one out. */
export interface SecretStore extends Secrets {
  /** Reads the sources of these apps, each source once, and tells their fingerprints. Writes nothing. */
  read(apps: readonly ManifestApp[]): Promise<Reads>;
  /** Fingerprints that were told hold for later processes, too: their key is kept from now on. */
  keepFingerprints(): Promise<void>;
  /** Whether its value was made up just now and is kept nowhere: its fingerprint says nothing to a later process. */
  isNew(app: AppName, name: string): boolean;
}

/** `directory`: where a project's key and generated secrets are kept, absolute. */
export function vaultIn(directory: string, around: Surroundings): SecretStore {
  return new MemoryVault(new SecretFiles(directory), around);
}

type Held = { readonly secret: Secret; readonly value: Uint8Array; readonly isNew: boolean };
type Found = Pick<Held, 'value' | 'isNew'>;

class MemoryVault implements SecretStore {
  readonly #kept: SecretFiles;
  readonly #around: Surroundings;
  /** By app and secret. */
  readonly #held = new Map<string, Held>();
  readonly #hidden = new HiddenParts();
  readonly #outside = new Map<string, Promise<Uint8Array>>();
  #key: Uint8Array | null = null;
  /** Apps ask at the same time. */
  #keyKept: Promise<void> | null = null;

  constructor(kept: SecretFiles, around: Surroundings) {
    this.#kept = kept;
    this.#around = around;
  }

  // One after the other: several may ask a person for a passphrase.
  async read(apps: readonly ManifestApp[]): Promise<Reads> {
    const reads: [string, Record<string, SecretRead>][] = [];
    for (const app of apps) {
      const own: [string, SecretRead][] = [];
      for (const secret of app.secrets) own.push([secret.name, await this.#readOne(app, secret)]);
      reads.push([app.name, Object.fromEntries(own)]);
    }
    return Object.fromEntries(reads);
  }

  async value(app: AppName, name: string): Promise<Uint8Array> {
    const found = this.#held.get(`${app}/${name}`);
    if (!found || !this.#key) throw new Error(`the secret ${name} of ${app} was not read`);
    // What its fingerprint was made with must be there the next time.
    await (this.#keyKept ??= this.#keepKey(this.#key));
    await this.#keep(app, found);
    return found.value;
  }

  async keepFingerprints(): Promise<void> {
    if (this.#key) await (this.#keyKept ??= this.#keepKey(this.#key));
  }

  isNew(app: AppName, name: string): boolean {
    return this.#held.get(`${app}/${name}`)?.isNew === true;
  }

  async take(from: AppName, app: AppName, isFormerInUse: boolean): Promise<void> {
    for (const [id, found] of this.#held) {
      if (id !== `${app}/${found.secret.name}` || found.secret.source.kind !== 'generate') continue;
      await this.#keep(app, found);
      if (!isFormerInUse) await this.#kept.forgetGenerated(from, found.secret.name);
    }
  }

  hide(text: string): string {
    return this.#hidden.hide(text);
  }

  async #readOne(app: ManifestApp, secret: Secret): Promise<SecretRead> {
    try {
      const found = await this.#valueOf(app, secret);
      const { value } = found;
      this.#held.set(`${app.name}/${secret.name}`, { secret, ...found });
      this.#hidden.add(secret.name, value);
      this.#key ??= (await this.#kept.key()) ?? freshKey();
      return { fingerprint: fingerprint(this.#key, secret.name, value) };
    } catch (error) {
      const [problem] = error instanceof ProblemError ? error.problems : [];
      if (problem === undefined) throw error;
      return { problem };
    }
  }

  async #valueOf({ name, was }: ManifestApp, { name: secret, source }: Secret): Promise<Found> {
    if (source.kind !== 'generate') return { value: await this.#readOutside(source), isNew: false };
    const former = was === null ? null : () => this.#kept.generated(was, secret);
    const kept = (await this.#kept.generated(name, secret)) ?? (await former?.()) ?? null;
    return { value: kept ?? freshSecret(source.length), isNew: kept === null };
  }

  #readOutside(source: OutsideSource): Promise<Uint8Array> {
    const id = JSON.stringify(source);
    const value = this.#outside.get(id) ?? readSource(source, this.#around);
    this.#outside.set(id, value);
    return value;
  }

  async #keepKey(key: Uint8Array): Promise<void> {
    if ((await this.#kept.key()) === null) await this.#kept.keepKey(key);
  }

  /** A generated one is the same ever after. */
  async #keep(app: AppName, { secret, value }: Held): Promise<void> {
    const isKept =
      secret.source.kind !== 'generate' || (await this.#kept.generated(app, secret.name)) !== null;
    if (!isKept) await this.#kept.keepGenerated(app, secret.name, value);
  }
}

const FINGERPRINT_DIGITS = 32;

/** Keyed: a plain hash of a short secret could be guessed. `v1` counts up when it is made in another way. */
function fingerprint(key: Uint8Array, name: string, value: Uint8Array): string {
  const mac = createHmac('sha256', key).update(`${name}\0`).update(value).digest('hex');
  return `v1:${mac.slice(0, FINGERPRINT_DIGITS)}`;
}
