import { check, type Check } from './check.js';
import * as incus from './incus.js';
import * as incusVerdicts from './incus-verdicts.js';
import { cgroups } from './cgroups.js';
import * as cgroupVerdict from './cgroup-verdict.js';
import * as nix from './nix.js';
import * as nixVerdicts from './nix-verdicts.js';
import * as host from './host.js';
import * as hostVerdicts from './host-verdicts.js';
import * as apps from './apps.js';
import * as appVerdicts from './app-verdicts.js';

/** Every check, in the order in which it is shown: its name, how its facts are found, what they mean. */
export const CHECKS: readonly Check[] = [
  check('incus', incus.server, incusVerdicts.server),
  check('incus-socket', incus.socket, incusVerdicts.socket),
  check('cgroups', cgroups, cgroupVerdict.cgroups),
  check('idmapped-mounts', incus.idmappedMounts, incusVerdicts.idmappedMounts),
  check('network', incus.network, incusVerdicts.network),
  check('pool', incus.pool, incusVerdicts.pool),
  check('pool-space', incus.poolSpace, hostVerdicts.space),
  check('nix', nix.program, nixVerdicts.program),
  check('nix-flakes', nix.flakes, nixVerdicts.flakes),
  check('nix-store', nix.store, nixVerdicts.store),
  check('store-space', host.storeSpace, hostVerdicts.space),
  check('profiles', host.profiles, hostVerdicts.profiles),
  check('state', host.state, hostVerdicts.state),
  check('node', host.node, hostVerdicts.node),
  check('clock', host.clock, hostVerdicts.clock),
  check('inotify', apps.inotify, appVerdicts.inotify),
  check('manifest', apps.manifest, appVerdicts.manifest),
  check('nixpkgs', apps.nixpkgs, appVerdicts.nixpkgs),
  check('listen', apps.observeListen, appVerdicts.judgeListen),
  check('forwarders', apps.forwarders, appVerdicts.forwarders),
];
