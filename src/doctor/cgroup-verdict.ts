import { failed, type Finding, ok, unknown, warning } from '../domain/finding.js';
import { isAtLeast } from './version.js';

/** Versions of the daemon and of what it starts containers with: null where they are not told. */
export type CgroupFacts = {
  readonly incus: string | null;
  readonly lxc: string | null;
  readonly mounted: { readonly unified: boolean; readonly legacy: readonly string[] };
};

/** Of Incus and of LXC alike: "Unsupported cgroup layout", in the log of a start that failed. */
const WITHOUT_LEGACY = '7';
const BOOT = 'boot with systemd.unified_cgroup_hierarchy=1 on the command line of the kernel';

export function cgroups({ incus, lxc, mounted: { unified, legacy } }: CgroupFacts): Finding {
  if (!unified && legacy.length === 0) return unknown('no cgroups are mounted at /sys/fs/cgroup');
  if (legacy.length === 0) return ok('of version 2 only');
  const words = unified ? `beside version 2 there is version 1 at ${listPoints(legacy)}` : 'of version 1';
  // systemd mounts none beside version 2: some other program has, and takes the others for itself.
  const fix = unified ? `umount ${legacy.join(' ')}, and keep what mounted it from doing so` : BOOT;
  const versions = [incus, lxc].filter((version) => version !== null);
  if (versions.some((version) => isAtLeast(version, WITHOUT_LEGACY)))
    return failed(`${words}: Incus ${incus ?? ''} starts no container so`, fix);
  if (incus === null)
    return warning(`${words}: Incus 6 takes that, but from 7 on it starts no container so`, fix);
  return ok(`${words}: fine for Incus 6; from 7 on no container would start`);
}

const SHOWN = 3;

function listPoints(points: readonly string[]): string {
  const more = points.length > SHOWN ? ` and ${points.length - SHOWN} more` : '';
  return `${points.slice(0, SHOWN).join(', ')}${more}`;
}
