/** The states of an instance, in Incus' words. */
export const INSTANCE_STATES = [
  ...(['Running', 'Stopped', 'Frozen', 'Starting', 'Stopping', 'Freezing', 'Thawed'] as const),
  ...(['Aborting', 'Ready', 'Pending', 'Error'] as const),
] as const;

/** `unknown`: the daemon could not say, or says what no release that we know does. */
export type InstanceState = (typeof INSTANCE_STATES)[number] | 'unknown';

/** The states in which an instance stays until somebody changes it. */
export const STEADY_STATES: ReadonlySet<InstanceState> = new Set(['Stopped', 'Running', 'Frozen']);

/** What a daemon's answer says. */
export function parseInstanceState(status: unknown): InstanceState {
  return INSTANCE_STATES.find((state) => state === status) ?? 'unknown';
}
