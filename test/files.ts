import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** All below a folder, relative to it; where a link leads is not gone. Node's own recursion follows links to folders. */
export function filesBelow(folder: string, below = ''): string[] {
  return readdirSync(join(folder, below), { withFileTypes: true }).flatMap((entry) => {
    const name = join(below, entry.name);
    return entry.isDirectory() ? [name, ...filesBelow(folder, name)] : [name];
  });
}
