import { DATA } from './ledger.js';
import type { Story } from './rig.js';

/** A way in which another version of the ledger goes bad. */
export type Way = {
  readonly name: string;
  /** Done before it serves. */
  readonly migration?: string;
  /** More of its unit, of its system, and of its table in the manifest. */
  readonly more?: string;
  readonly besides?: string;
  readonly lines?: string;
  readonly health?: string;
  /** More files of its flake. */
  readonly write?: (story: Story) => void;
  /** The daemon dies as soon as this is told. */
  readonly dies?: string;
  /** 1 and 65: nothing was touched; 3: it was taken back. */
  readonly ends: 1 | 3 | 65;
  readonly why: RegExp;
};

const RUIN = 'echo ruined > index.html';
const FOR_EVER =
  'serviceConfig.Restart = "always"; serviceConfig.RestartSec = 1; unitConfig.StartLimitIntervalSec = 0;';
const HTTPD = `/bin/busybox httpd -f -p 127.0.0.1:8080 -h ${DATA}`;
const ANSWER =
  'read -r line; printf "HTTP/1.1 500 Out of Order\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n"\n';
const ANSWERS = `
  systemd.sockets.answer = { wantedBy = [ "sockets.target" ]; listenStreams = [ "8080" ]; socketConfig.Accept = true; };
  systemd.services."answer@".serviceConfig = { StandardInput = "socket"; StandardOutput = "socket"; ExecStart = "/bin/sh \${builtins.toFile "answer" ${JSON.stringify(ANSWER)}}"; };`;

export const WAYS: readonly Way[] = [
  {
    name: 'its evaluation fails',
    write: (story) => {
      story.write('ledger/flake.nix', '{ outputs = { self }: { nixosModules.incus = { ; }; }; }\n');
    },
    ...{ ends: 1, why: /syntax error/ },
  },
  {
    name: 'its build fails',
    besides: 'environment.etc."broken".source = pkgs.runCommand "broken" { } "echo no such luck; exit 1";',
    ...{ ends: 1, why: /no such luck/ },
  },
  {
    name: 'its secret has no source',
    lines: 'secrets = { token = { file = "nowhere" } }',
    ...{ ends: 65, why: /nowhere/ },
  },
  {
    name: 'its unit wants a secret that nobody gives',
    migration: `${RUIN}; cat %d/token || exit 1`,
    ...{ more: 'serviceConfig.LoadCredential = "token";', ends: 3, why: /ledger\.service/ },
  },
  {
    name: 'its init dies',
    besides: 'standIn.boot = "dies";',
    ends: 3,
    why: /dead at once|died while it booted/,
  },
  {
    name: 'its boot hangs',
    besides: `systemd.services.stuck = {
      wantedBy = [ "multi-user.target" ];
      before = [ "multi-user.target" ];
      serviceConfig = { Type = "oneshot"; ExecStart = "/bin/sleep infinity"; };
    };`,
    ...{ ends: 3, why: /stuck\.service/ },
  },
  {
    name: 'its activation breaks off',
    besides: 'system.activationScripts.broken = "echo cannot; exit 1";',
    ...{ ends: 3, why: /the guest runs no system yet/ },
  },
  { name: 'its service fails', migration: `${RUIN}; exit 3`, ends: 3, why: /ledger\.service/ },
  {
    name: 'its service fails again and again',
    ...{ migration: `${RUIN}; exit 3`, more: FOR_EVER, ends: 3, why: /ledger\.service/ },
  },
  {
    name: 'it serves for a moment, again and again',
    migration: `${RUIN}; /bin/busybox timeout 1 ${HTTPD}; exit 1`,
    ...{ more: FOR_EVER, ends: 3, why: /not healthy/ },
  },
  {
    name: 'nobody listens',
    ...{ migration: `${RUIN}; exec sleep infinity`, ends: 3, why: /nothing listens on port 8080/ },
  },
  {
    name: 'it answers with 500',
    ...{ migration: `${RUIN}; exec sleep infinity`, besides: ANSWERS, ends: 3, why: /answers 500/ },
  },
  { name: 'its migration loses the rows', migration: 'rm index.html', ends: 3, why: /answers 404/ },
  {
    name: 'its health command fails',
    migration: RUIN,
    ...{ health: '{ command = ["test", "-e", "/nowhere"]', ends: 3, why: /test exits with 1/ },
  },
  {
    name: 'it starts too slowly',
    ...{ migration: `${RUIN}; sleep 600`, ends: 3, why: /nothing listens on port 8080/ },
  },
  {
    name: 'it powers the guest off',
    ...{ migration: `${RUIN}; kill -RTMIN+14 1; sleep 30`, ends: 3, why: /died|ledger\.service/ },
  },
  {
    name: 'its process is still that of the version before',
    ...{ more: 'restartIfChanged = false;', lines: 'stateful = false', ends: 3, why: /still runs/ },
  },
  {
    name: 'it fills the disk',
    migration: `${RUIN}; head -c 1G /dev/zero > more || exit 1`,
    ...{ ends: 3, why: /generation \d+ serves/ },
  },
  {
    name: 'it fails, and the daemon dies meanwhile',
    ...{ migration: `${RUIN}; exit 3`, dies: ': waiting for', ends: 3, why: /ledger\.service/ },
  },
];
