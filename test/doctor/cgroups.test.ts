import { expect, test } from '@jest/globals';
import { cgroups, cgroupsIn } from '../../src/doctor/cgroups.js';
import { cgroups as judge, type CgroupFacts } from '../../src/doctor/cgroup-verdict.js';
import type { World } from '../../src/doctor/world.js';
import { ProblemError } from '../../src/domain/problem.js';

const UNIFIED = `24 22 0:22 / /sys rw,nosuid - sysfs sysfs rw
30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate
`;
const NET_CLS =
  '99 30 0:50 / /sys/fs/cgroup/net_cls rw,relatime shared:40 master:2 - cgroup net_cls rw,net_cls\n';
const HYBRID = `30 22 0:27 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
31 30 0:28 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
39 30 0:36 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
40 30 0:37 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
`;

test.each([
  [UNIFIED, { unified: true, legacy: [] }],
  [UNIFIED + NET_CLS, { unified: true, legacy: ['/sys/fs/cgroup/net_cls'] }],
  [HYBRID, { unified: false, legacy: ['/sys/fs/cgroup/cpu', '/sys/fs/cgroup/systemd'] }],
  // Elsewhere they are nobody's business.
  [UNIFIED + NET_CLS.replace('/sys/fs/cgroup', '/srv/cgroup'), { unified: true, legacy: [] }],
  ['', { unified: false, legacy: [] }],
])('of the mounts %j', (mountinfo, expected) => {
  expect(cgroupsIn(mountinfo)).toEqual(expected);
});

const facts = (mountinfo: string, incus: string | null, lxc: string | null = null): CgroupFacts => ({
  incus,
  lxc,
  mounted: cgroupsIn(mountinfo),
});
test.each<[CgroupFacts, result: string, found: string, fix: string | null]>([
  [facts(UNIFIED, '7.0.2'), 'ok', 'version 2 only', null],
  [facts(UNIFIED, null), 'ok', 'version 2 only', null],
  [facts(HYBRID, '6.0.4', '5.0.2'), 'ok', 'fine for Incus 6; from 7 on', null],
  [
    facts(HYBRID, '7.0.2', '7.0.0'),
    'failed',
    'Incus 7.0.2 starts no container',
    'unified_cgroup_hierarchy=1',
  ],
  // It is LXC that refuses.
  [facts(HYBRID, '6.0.6', '7.0.0'), 'failed', 'Incus 6.0.6 starts no container', 'unified_cgroup'],
  [facts(HYBRID, null), 'warning', 'from 7 on it starts no container', 'unified_cgroup_hierarchy=1'],
  [
    facts(UNIFIED + NET_CLS, '7.0.2'),
    'failed',
    'version 1 at /sys/fs/cgroup/net_cls',
    'umount /sys/fs/cgroup/net_cls',
  ],
  [facts('', '7.0.2'), 'unknown', 'no cgroups', null],
])('%j', (of, result, found, fix) => {
  expect(judge(of)).toEqual({
    result,
    found: expect.stringContaining(found),
    fix: fix === null ? null : expect.stringContaining(fix),
  });
});

const answering = (ask: () => Promise<unknown>) => cgroups({ ask } as unknown as World);

test('what starts the containers is told with what starts machines; a daemon that is away tells nothing', async () => {
  const environment = { server_version: '7.0.2', driver: 'qemu | lxc', driver_version: '10.0 | 7.0.0' };
  expect(await answering(() => Promise.resolve({ environment }))).toMatchObject({
    incus: '7.0.2',
    lxc: '7.0.0',
  });
  const away = () =>
    Promise.reject(new ProblemError({ code: 'daemon-unreachable', message: 'nobody is there' }));
  expect(await answering(away)).toMatchObject({ incus: null, lxc: null });
  expect(await answering(() => Promise.resolve({}))).toMatchObject({ incus: null, lxc: null });
});
