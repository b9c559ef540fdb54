import { expect, test } from '@jest/globals';
import { blameValue } from '../../src/nix/blame.js';

const nixos = {
  services: { nginx: { enable: 'yes', virtualHosts: { 'my.host': { port: 1 } }, ports: [1, 'x'] } },
  networking: { hostName: 'x' },
};
const path = (words: string) => blameValue(words, 'web', nixos)?.slice(3).join('/') ?? null;
const ours = '- In `[apps.web.nixos]\': "yes"';

// The wordings of nixpkgs 20.09 to 26.11 and of the stand-in.
test.each([
  [
    `The option \`services.nginx.enable' does not exist. Definition values:\n${ours}`,
    'services/nginx/enable',
  ],
  [
    `The option ‘services.nginx.enable’ does not exist. Definition values:\n- In ‘[apps.web.nixos]’: 1`,
    'services/nginx/enable',
  ],
  [
    `The option \`services.ngnx' does not exist. Definition values:\n       ${ours}\n\nDid you mean \`services.nginx'?`,
    'services',
  ],
  [
    `A definition for option \`services.nginx.enable' is not of type \`boolean'. Definition values:\n${ours}`,
    'services/nginx/enable',
  ],
  [
    `A definition for option \`services.nginx.enable' is not of type \`boolean'. TypeError: Definition values:\n${ours}`,
    'services/nginx/enable',
  ],
  [
    `The option \`networking.hostName' has conflicting definition values:\n- In \`/x.nix': "y"\n${ours}`,
    'networking/hostName',
  ],
  [
    `The option \`networking.hostName' is read-only, but it's set multiple times. Definition values:\n${ours}`,
    'networking/hostName',
  ],
  [
    `The option \`networking.hostName' has conflicting option types in \`/x.nix' and \`[apps.web.nixos]'`,
    'networking/hostName',
  ],
  [
    `The option \`networking.hostName\` is defined both null and not null, in \`/x.nix' and \`[apps.web.nixos]'.`,
    'networking/hostName',
  ],
  [
    `The option path \`networking' is an attribute set of options, but it is defined to not be an attribute set in \`[apps.web.nixos]'. Did`,
    'networking',
  ],
  [
    `A definition for option \`services.nginx.virtualHosts."my.host".port.x' is not of type \`y'. Definition values:\n${ours}`,
    'services/nginx/virtualHosts/my.host/port',
  ],
  [
    `A definition for option \`services.nginx.ports."[definition 1-entry 2]"' is not of type \`y'. Definition values:\n${ours}`,
    'services/nginx/ports',
  ],
  [
    `A definition for option \`services.nginx.it's' is not of type \`y'. Definition values:\n${ours}`,
    'services/nginx',
  ],
  [`The option \`services.nginx' defined in \`[apps.web.nixos]' does not exist.`, 'services/nginx'],
  [
    `The option value \`services.nginx.enable' in \`[apps.web.nixos]' is not of type \`boolean'.`,
    'services/nginx/enable',
  ],
  [
    `The option value \`services.nginx.ports\` in \`[apps.web.nixos]\` is not a list.`,
    'services/nginx/ports',
  ],
  [
    `The option \`networking.hostName' has conflicting definitions, in \`/x.nix' and \`[apps.web.nixos]'.`,
    'networking/hostName',
  ],
  [
    `Cannot merge definitions of \`services.nginx.virtualHosts' given in \`/x.nix' and \`[apps.web.nixos]'.`,
    'services/nginx/virtualHosts',
  ],
  [
    `Cannot merge definitions of \`services.nginx.virtualHosts'. Definition values:\n${ours}`,
    'services/nginx/virtualHosts',
  ],
  [
    `The option \`services.nginx.virtualHosts\` is defined both as \`a\` and \`b\`, in \`/x.nix' and \`[apps.web.nixos]'.`,
    'services/nginx/virtualHosts',
  ],
  [
    `The option \`services.nginx.ports\` is neither a value of type \`a\` nor \`b\`, Definition values: \n${ours}`,
    'services/nginx/ports',
  ],
  [
    `The option \`services.nginx.ports' is defined multiple times while it's expected to be unique.\nDefinition values:\n${ours}`,
    'services/nginx/ports',
  ],
  [
    `The unique option \`services.nginx.ports' is defined multiple times. Definition values:\n${ours}`,
    'services/nginx/ports',
  ],
  [
    `The unique option \`services.nginx.ports' is defined multiple times, in:\n - /x.nix\n - [apps.web.nixos].`,
    'services/nginx/ports',
  ],
])('%s', (words, expected) => {
  expect(path(words)).toBe(expected);
});

test.each([
  "The option `services.nginx.enable' does not exist. Definition values:\n- In `/x.nix': 1",
  "The option `services.nginx.enable' does not exist. Definition values:\n- In `[apps.web2.nixos]': 1",
  'attribute [apps.web.nixos] is missing',
  "The option `x' is used but not defined.",
])('not of the manifest’s making: %s', (words) => {
  expect(path(words)).toBeNull();
});
