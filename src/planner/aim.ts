import type { Hold } from '../domain/hold.js';
import type { Rejected, Generation } from '../domain/actual.js';

/** Which system a run is to bring about, and who asks for it. */
export type Aim =
  /** The one that the manifest says; `pets up --retry` too, where that did not work before. */
  | { readonly kind: 'build' }
  /** A generation that was good: it serves already, or an upgrade from it was cut short that nobody wants any more. */
  | { readonly kind: 'keep'; readonly to: Generation }
  /** What the manifest says was tried and did not work, or was left by hand: it is held, and that generation serves. */
  | { readonly kind: 'hold'; readonly to: Generation; readonly condemned: Rejected }
  /** A person keeps that generation, whatever the manifest says. `condemned`: of what it says, if it was tried besides. */
  | {
      readonly kind: 'hold-by-hand';
      readonly to: Generation;
      readonly hold: Hold;
      readonly condemned: Rejected | null;
    }
  /** A person asks for that generation; `data`: and for what its volumes held when it was left. */
  | { readonly kind: 'by-hand'; readonly to: Generation; readonly data: boolean };

/** The generation that is to serve again; null: a system is built. */
export function returnsIn(aim: Aim): Generation | null {
  return aim.kind === 'build' ? null : aim.to;
}

/** Whether a person goes back to a generation that was good, with the volumes as they are. */
export function keepsData(aim: Aim): boolean {
  return aim.kind === 'by-hand' && !aim.data;
}

/** Whether the app goes on with the system that it has. */
export function isKept({ kind }: Aim): boolean {
  return kind === 'keep' || kind === 'hold' || kind === 'hold-by-hand';
}

/** What the manifest says was tried and did not work; null: it was not, or is tried again. */
export function condemnedIn(aim: Aim): Rejected | null {
  return aim.kind === 'hold' || aim.kind === 'hold-by-hand' ? aim.condemned : null;
}
