/** What one try found. */
export type Verdict = Well | Ill;

export type Well = {
  /** How that is known, in words. */
  readonly note: string;
  /** Units that must not be restarted between two tries, each with how often it has been. */
  readonly restarts: Restarts;
};
export type Restarts = ReadonlyMap<string, number>;

export type Ill = {
  /** What is wrong, in words. */
  readonly ill: string;
  readonly hint?: string;
  /** The unit that it is about. */
  readonly unit?: string | null;
  /** What was said about it; else there is the journal. */
  readonly log?: readonly string[];
  /** It will not mend itself. */
  readonly isFinal?: true;
};

export const NO_RESTARTS: Restarts = new Map();
