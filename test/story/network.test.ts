import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Story } from './rig.js';

/** A guest whose network systemd takes care of, as many real ones do: networkd, and with it the resolver. */
const WEB = `systemd.services.web = {
  wantedBy = [ "multi-user.target" ]; wants = [ "network-online.target" ]; after = [ "network-online.target" ];
  serviceConfig.ExecStart = "/bin/sleep infinity";
};`;
const BRIDGE = 'incusbr0';

const story = new Story('network');

beforeAll(() => {
  story.plainFlake('managed', `networking.useNetworkd = true; ${WEB}`);
  story.plainFlake('plain', WEB);
  story.manifest({
    managed: 'flake-ref = "./managed"',
    plain: 'flake-ref = "./plain"',
    lonely:
      'flake-ref = "./managed"\nnixos.systemd.network.wait-online.timeout = 2\nincus.devices.eth0 = { type = "none" }',
  });
});
afterAll(() => story.cleanUp());

async function addressOf(app: string): Promise<string> {
  const [eth0] = JSON.parse(await story.inside(app, 'ip', '-json', '-4', 'addr', 'show', 'dev', 'eth0')) as {
    addr_info: { local: string }[];
  }[];
  return eth0?.addr_info[0]?.local ?? '';
}

/** As a program of the guest sees it. */
async function resolved(app: string, name: string): Promise<string> {
  const [address = ''] = (await story.inside(app, 'getent', 'ahostsv4', name)).split(/\s+/);
  return address;
}

async function bridge(): Promise<{ address: string; subnet: string }> {
  const { config } = (await story.ask(`/1.0/networks/${BRIDGE}`)) as { config: Record<string, string> };
  const [address = ''] = (config['ipv4.address'] ?? '').split('/');
  return { address, subnet: address.replace(/\d+$/, '') };
}

async function expectConnected(app: string): Promise<void> {
  const { address, subnet } = await bridge();
  const own = await addressOf(app);
  expect(own).toMatch(new RegExp(`^${subnet.replaceAll('.', '\\.')}`));
  expect(await story.inside(app, 'ip', 'route', 'show', 'default')).toContain(`via ${address}`);
  // Of the bridge, which knows both, by way of the guest's own resolver.
  expect(await resolved(app, '_gateway.incus')).toBe(address);
  expect(await resolved(app, `${story.name(app)}.incus`)).toBe(own);
  expect(await story.inside(app, 'cat', '/etc/resolv.conf')).toMatch(/^nameserver 127\.0\.0\.53$/m);
}

describe('a guest that networkd takes care of', () => {
  test('has an address of the bridge, and resolves names', async () => {
    await story.ok(['up', story.name('managed')]);
    await expectConnected('managed');
    expect(await story.inside('managed', 'systemctl', 'list-units', '--failed', '--no-legend')).toBe('');
  });

  test('has them after a restart too', async () => {
    await story.ok(['restart', story.name('managed')]);
    await expectConnected('managed');
  });

  test('has them when it was switched to it while it ran', async () => {
    await story.ok(['up', story.name('plain')]);
    expect(await addressOf('plain')).toBe('');
    const before = await story.bootIds();
    story.plainFlake('plain', `networking.useNetworkd = true; ${WEB}`);
    await story.ok(['up', story.name('plain')]);
    // Switched to, nobody waits for the lease.
    await story.inside('plain', '/lib/systemd/systemd-networkd-wait-online', '--any', '--timeout=60');
    await expectConnected('plain');
    expect((await story.bootIds())[story.name('plain')]).toBe(before[story.name('plain')]);
  });

  test('is up although nobody gives it an address', async () => {
    await story.ok(['up', story.name('lonely')]);
    const shown = await story.inside(
      ...(['lonely', 'systemctl', 'show', 'systemd-networkd-wait-online'] as const),
      '--property=ExecMainStatus,ActiveState',
    );
    expect(shown.split('\n').sort()).toEqual(['ActiveState=active', 'ExecMainStatus=1']);
    expect(await story.inside('lonely', 'systemctl', 'is-active', 'web')).toBe('active');
  });
});
