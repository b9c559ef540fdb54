/** What a check of the host came to. `unknown`: its facts could not be had. */
export type Result = 'ok' | 'warning' | 'failed' | 'unknown';

export type Finding = {
  readonly result: Result;
  /** What was found, in words. */
  readonly found: string;
  /** The command, or what else, that puts it right. */
  readonly fix: string | null;
};

/** `check`: one word, the same for good: scripts select by it. */
export type Diagnosis = Finding & { readonly check: string };

export const ok = (found: string): Finding => ({ result: 'ok', found, fix: null });
export const warning = (found: string, fix: string): Finding => ({ result: 'warning', found, fix });
export const failed = (found: string, fix: string): Finding => ({ result: 'failed', found, fix });
export const unknown = (found: string): Finding => ({ result: 'unknown', found, fix: null });
