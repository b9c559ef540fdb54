import { expect, test } from '@jest/globals';
import { blamed } from '../../src/nix/blame.js';

const nixos = {
  services: { nginx: { enable: 'yes', virtualHosts: { 'my.host': { port: 1 } }, ports: [1, 'x'] } },
  networking: { hostName: 'x' },
};
const path = (words: string) => blamed(words, 'web', nixos)?.slice(3).join('/') ?? null;
const ours = '- In `[apps.web.nixos]\': "yes"';

// The wordings of nixpkgs 22.05 to 25.11 and of the stand-in.
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
