import { readFile } from 'node:fs/promises';
import type { CgroupFacts } from './cgroup-verdict.js';
import { serverJson } from './incus.js';
import { orProblem, type World } from './world.js';

export async function cgroups(world: World): Promise<CgroupFacts> {
  const found = await orProblem(serverJson(world));
  const { server_version, driver, driver_version } = 'problem' in found ? {} : (found.environment ?? {});
  return {
    incus: server_version ?? null,
    lxc: lxcOf(driver, driver_version),
    mounted: cgroupsIn(await readFile('/proc/self/mountinfo', 'utf8')),
  };
}

/** Of `lxc | qemu` and `5.0.2 | 9.0`. */
function lxcOf(drivers = '', versions = ''): string | null {
  const at = drivers.split(' | ').indexOf('lxc');
  return versions.split(' | ')[at] ?? null;
}

/** Where systemd mounts them, and LXC looks for them. */
const ROOT = '/sys/fs/cgroup';
/** proc(5): `36 35 98:0 / /mount/point rw,noatime master:1 - type source rw`. */
const MOUNT = /^(?:\S+ ){4}(\S+) .*? - (\S+) /;

/** `unified`: version 2 has the whole place. `legacy`: where version 1 is. */
export function cgroupsIn(mountinfo: string): CgroupFacts['mounted'] {
  const mounts = mountinfo.split('\n').flatMap((line) => {
    const [, point = '', type = ''] = MOUNT.exec(line) ?? [];
    return point === ROOT || point.startsWith(`${ROOT}/`) ? [{ point, type }] : [];
  });
  return {
    unified: mounts.some(({ point, type }) => point === ROOT && type === 'cgroup2'),
    legacy: mounts.filter(({ type }) => type === 'cgroup').map(({ point }) => point),
  };
}
