/** `20261121T193000Z-4f2a`: when it began, in UTC; as text they sort by time. */
export const RUN_ID = /^\d{8}T\d{6}Z-[0-9a-f]{4}$/;

/** `at`: milliseconds since the epoch. `chance`: from 0 to below 1, tells runs of one millisecond apart. */
export function runId(at: number, chance: number): string {
  const seconds = new Date(at).toISOString().slice(0, 19).replace(/[-:]/g, '');
  const within = Math.floor((((at % 1000) + chance) / 1000) * 0x10000);
  return `${seconds}Z-${within.toString(16).padStart(4, '0')}`;
}

/** When a run began, by its id, as ISO 8601. */
export function startedOf(id: string): string {
  return id.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z.*/, '$1-$2-$3T$4:$5:$6Z');
}
