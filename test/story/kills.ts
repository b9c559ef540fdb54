import { CampaignPet } from './campaign.js';
import type { Verb } from './campaign-verbs.js';
import type { Result, Story } from './rig.js';
import { SEED } from '../sample.js';

type Ended = Result & { readonly tookMs: number };

/** One pet, and one verb after the other that is killed at any moment of the time it takes. */
export class Kills {
  readonly pet = new CampaignPet();
  /** How long each verb takes when nobody kills it. */
  readonly #took = new Map<Verb, number>();

  /** At this part of the time that it takes. What has ended by then is done once more, and killed earlier. */
  async kill(verb: Verb, fraction: number): Promise<void> {
    const took = this.#took.get(verb) ?? (await this.#round(verb, null));
    if (took === null) throw new Error(`${verb.name} was ended by a signal that nobody sent`);
    this.#took.set(verb, took);
    for (let ms = fraction * took; (await this.#round(verb, Math.ceil(ms))) !== null; ms /= 2);
  }

  /** Null when it was killed, else how long it took. */
  async #round(verb: Verb, killMs: number | null): Promise<number | null> {
    const { pet } = this;
    let ended: Ended | null = null;
    try {
      await verb.before?.(pet);
      const command = verb.command(pet);
      if (!verb.former) pet.writer.begin(pet.ports);
      ended = await killed(pet.story, command, killMs);
      if (ended.code !== null) mustBe([verb.ends ?? 0], ended);
      await verb.again?.(pet);
      mustBe(verb.next ?? [0], await pet.story.pets(['up']));
      await verb.after?.(pet);
      await pet.writer.end();
      await pet.check(verb.former?.(pet) ?? null);
    } catch (error) {
      await pet.writer.end();
      await pet.recover();
      const when = killMs === null ? 'not killed' : `killed after ${killMs} ms`;
      const said = ended === null ? '' : `\nit said:\n${ended.stderr}`;
      throw new Error(`seed ${SEED}, ${verb.name}, ${when}: ${String(error)}${said}`, { cause: error });
    } finally {
      await pet.writer.end();
    }
    return ended.code === null ? null : ended.tookMs;
  }
}

function mustBe(codes: readonly number[], { code, stderr }: Result): void {
  if (code === null || !codes.includes(code) || stderr.includes('bug in pets'))
    throw new Error(`exit ${String(code)}, not ${codes.join(' or ')}:\n${stderr}`);
}

/** Ended with all that it has started. */
async function killed(story: Story, command: readonly string[], afterMs: number | null): Promise<Ended> {
  const since = Date.now();
  const { child, ended } = story.start(command, {}, { ownGroup: true });
  const kill = () => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
  };
  const timer = afterMs === null ? undefined : setTimeout(kill, afterMs);
  const result = await ended;
  clearTimeout(timer);
  return { ...result, tookMs: Date.now() - since };
}
