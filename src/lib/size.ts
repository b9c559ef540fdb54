/** `2.1 MiB`, `48.0 KiB`. */
export function formatSize(bytes: number): string {
  let [size, unit] = [bytes / 1024, 'KiB'];
  for (const larger of ['MiB', 'GiB']) if (size >= 1023.95) [size, unit] = [size / 1024, larger];
  return `${size.toFixed(1)} ${unit}`;
}
