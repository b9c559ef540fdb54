import { describe, expect, test } from '@jest/globals';
import { manifestOf, problemsIn } from '../reading.js';

const textOf = (lines: string) => `project = "p"\n[apps.web]\nflake-ref = "github:a/b"\n${lines}\n`;
const config = (key: string) => `incus.config = { "${key}" = "1" }`;
const device = (properties: string) => `incus.devices.d = { ${properties} }`;
const disk = (source: string, more = '') =>
  device(`type = "disk", source = "${source}", path = "/mnt"${more}`);

describe('what reaches the host itself is refused, and allowed by one key', () => {
  test.each([
    ...[
      'raw.apparmor',
      'raw.seccomp',
      'raw.qemu',
      'security.syscalls.intercept.mount',
      'security.syscalls.intercept.bpf',
      'security.syscalls.deny_default',
      'security.syscalls.allow',
      'security.bpffs.path',
      'security.idmap.base',
      'linux.kernel_modules',
      'linux.kernel_modules.load',
    ].map(config),
    disk('/'),
    disk('/.'),
    disk('/', ', readonly = true'),
    disk('/var/lib/incus'),
    disk('/var/lib'),
    disk('/proc/1'),
    disk('/sys', ', readonly = true'),
    disk('/etc'),
    disk('/srv/../usr'),
    device('type = "unix-char", source = "/dev/mem", path = "/dev/x"'),
    device('type = "unix-char", path = "/dev/mem"'),
    device('type = "unix-char", path = "/dev//mem"'),
    device('type = "unix-char", path = "/dev/x", major = 1, minor = 1'),
    device('type = "unix-block", path = "/dev/sda"'),
    device('type = "pci", address = "0000:00:02.0"'),
    'binds = ["/:/host:ro"]',
    'binds = ["/etc:/host-etc"]',
    'binds = ["/var/lib/incus/unix.socket:/srv/incus"]',
  ])('%s', (line) => {
    const said = problemsIn(textOf(line));
    expect(said).toContain('the host itself');
    expect(said).toContain('hint: `incus.trusted = true` allows');
    expect(said.match(/^pets\.toml:/gm)).toHaveLength(1);
    expect(problemsIn(textOf(`${line}\nincus.trusted = true`))).toBe('ok');
    expect(problemsIn(textOf(`${line}\nincus.trusted = false`))).toBe(said);
  });
});

test.each([
  config('security.syscalls.deny'),
  config('linux.sysctl.net.ipv4.ip_forward'),
  disk('/srv/data'),
  disk('/etc', ', readonly = true'),
  disk('/root/site'),
  device('type = "disk", pool = "default", source = "data", path = "/mnt"'),
  device('type = "disk", pool = "default", path = "/"'),
  device('type = "unix-char", path = "/dev/net/tun"'),
  device('type = "unix-char", source = "/dev/null", path = "/dev/mine"'),
  device('type = "gpu"'),
  'binds = ["/etc/ssl/certs:/srv/certs:ro", "./site:/srv/site", "/srv:/srv/all"]',
])('%s needs no trust', (line) => {
  expect(problemsIn(textOf(line))).toBe('ok');
});

test.each([config('raw.lxc'), config('security.privileged'), config('raw.idmap')])(
  '%s is refused all the same: pets decides it',
  (line) => {
    expect(problemsIn(textOf(`${line}\nincus.trusted = true`))).toContain('this key is not to be set here');
    expect(problemsIn(textOf(line)).match(/^pets\.toml:/gm)).toHaveLength(1);
  },
);

test('it is in the manifest, and nothing that is given to Incus', () => {
  const { apps } = manifestOf(textOf('incus.trusted = true'));
  expect(apps[0]?.incus).toEqual({ config: {}, devices: {}, profiles: null, trusted: true });
});
