import { exec } from '../programs.js';
import { guestOver } from '../../src/guest/guest.js';
import { incusOver } from '../../src/incus/client/client.js';
import { socketPath } from '../../src/incus/client/http.js';
import type { AppName, IpAddress, Port } from '../../src/domain/names.js';
import type { Health } from '../../src/domain/manifest.js';
import type { Listen } from '../../src/domain/binding.js';
import { FailedProgram, type Problem } from '../../src/domain/problem.js';
import { freePorts, Story } from './rig.js';

/**
 * `web` runs on when it changes, and so does `wrapped`, whose process is one of both systems; the others are started by
 * hand, or by who connects.
 */
const MODULE = `
  systemd.services.web = {
    wantedBy = [ "multi-user.target" ];
    restartIfChanged = false;
    serviceConfig.ExecStart = "\${pkgs.busybox}/bin/httpd -f -v -p 8080 -h \${./site}";
  };
  systemd.services.wrapped = {
    wantedBy = [ "multi-user.target" ];
    restartIfChanged = false;
    serviceConfig.ExecStart = "/bin/sh \${builtins.toFile "start" "exec /bin/busybox httpd -f -p 8088 -h / # \${./site}"}";
  };
  systemd.services.looping = {
    unitConfig.StartLimitIntervalSec = 0;
    serviceConfig = { ExecStart = "/bin/sh -c 'echo around it goes'"; Restart = "always"; RestartSec = "200ms"; };
  };
  systemd.services.blinking = {
    unitConfig.StartLimitIntervalSec = 0;
    serviceConfig = { ExecStart = "/bin/sh -c 'echo off and on; sleep 0.5'"; Restart = "always"; RestartSec = 0; };
  };
  systemd.services.crashing = {
    serviceConfig = { ExecStart = "/bin/sh -c 'echo cannot go on; exit 3'"; Restart = "on-failure"; RestartSec = "100ms"; };
  };
  systemd.services.flickering = {
    unitConfig.StartLimitIntervalSec = 0;
    serviceConfig = {
      ExecStart = "/bin/sh -c '/bin/busybox timeout 1 /bin/busybox httpd -f -p 8087 -h /; exit 1'";
      Restart = "always";
      RestartSec = "100ms";
    };
  };
  systemd.services.broken.serviceConfig.ExecStart = "/bin/sh -c 'echo no such luck; exit 1'";
  systemd.sockets.called = { wantedBy = [ "sockets.target" ]; listenStreams = [ "8081" ]; socketConfig.Accept = true; };
  systemd.services."called@".serviceConfig = { StandardInput = "socket"; ExecStart = "\${pkgs.busybox}/bin/httpd -i -h \${./site}"; };
  systemd.sockets.chatty = { wantedBy = [ "sockets.target" ]; listenStreams = [ "8082" ]; socketConfig.Accept = true; };
  systemd.services."chatty@".serviceConfig = { StandardInput = "socket"; StandardOutput = "socket"; ExecStart = "/bin/echo hello"; };
  systemd.sockets.silent = { wantedBy = [ "sockets.target" ]; listenStreams = [ "8083" ]; socketConfig.Accept = true; };
  systemd.services."silent@".serviceConfig = { StandardInput = "socket"; ExecStart = "/bin/sleep 20"; };
`;

export type Check = Health['check'];
export const http = (path: string, port = 8080, ...status: number[]): Check => ({
  kind: 'http',
  path,
  status: status.length > 0 ? status : [200],
  port: port as Port,
});
export const tcp = (port: number): Check => ({ kind: 'tcp', port: port as Port });
export const command = (...words: [string, ...string[]]): Check => ({ kind: 'command', command: words });
export const unit = (name: string): Check => ({ kind: 'unit', unit: name });
export const STABLE: Check = { kind: 'stable' };
export const at = (address: string, port: number): Listen => ({
  address: address as IpAddress,
  port: port as Port,
});

export const WELL = { timeoutMs: 60_000, intervalMs: 100, successes: 2 };
export const SOON = { ...WELL, timeoutMs: 2000 };

/** An app whose health is asked for by the story itself, as `pets` does. */
export class HealthStory extends Story {
  readonly app = this.name('app') as AppName;
  readonly incus = incusOver(socketPath(process.env), this.project);
  readonly guest = guestOver(this.incus, exec);
  /** Of the host: the one that is exposed, and one on which nobody listens. */
  exposed = 0 as Port;
  unused = 0 as Port;
  /** The system that is to run. */
  toplevel = '';

  async setUp(): Promise<void> {
    [this.exposed, this.unused] = (await freePorts(2)) as unknown as [Port, Port];
    this.plainFlake('app', MODULE);
    this.page('app', 'first');
    this.manifest({ app: `flake-ref = "./app"\nport = ${this.exposed}\nhealth = false` });
    await this.ok(['up']);
    this.toplevel = await this.current();
  }

  current(): Promise<string> {
    return this.inside('app', 'readlink', '/run/current-system');
  }

  readonly systemctl = (...words: string[]) => this.inside('app', 'systemctl', ...words);

  readonly note = async (check: Check, through: readonly Listen[] = []): Promise<string> => {
    const health = { check, ...WELL };
    const { note: words } = await this.guest.check(this.app, this.toplevel, health, through, () => undefined);
    return words;
  };

  /** What a person is told of ill health, and what was said meanwhile. */
  readonly illness = async (check: Check, patience = SOON, through: readonly Listen[] = []) => {
    const said: string[] = [];
    const health = { check, ...patience };
    const asked = this.guest.check(this.app, this.toplevel, health, through, (line) => said.push(line));
    const error = await asked.catch((thrown: unknown) => thrown);
    if (!(error instanceof FailedProgram)) throw new Error(`not a failure: ${JSON.stringify(error)}`);
    const [problem] = error.problems as [Problem];
    return { ...problem, log: error.log.join('\n'), said };
  };
}
