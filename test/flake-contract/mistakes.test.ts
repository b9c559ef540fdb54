import { expect, test } from '@jest/globals';
import { NO_FACTS, type Facts, type Settings } from '../../src/domain/contract.js';
import { mistakesIn } from '../../src/flake-contract/mistakes.js';

const SETTINGS: Settings = {
  ...{ enable: true, hostname: null, stateVersion: null, opened: [] },
  services: { web: { enable: true, host: '0.0.0.0', port: 8080 } },
};

const OPTIONS = ['enable', 'host', 'port'].map((name) => ({ name, type: null }));

function mistakes(settings: Partial<Settings>, more: Partial<Facts> = {}, isExposed = true): string[] {
  const facts: Facts = {
    ...NO_FACTS,
    ...{
      kind: 'module',
      modules: ['default', 'incus'],
      services: { web: { module: 'default', options: OPTIONS } },
    },
    settings: { ...SETTINGS, ...settings },
    ...more,
  };
  return mistakesIn(facts, isExposed);
}

test('what is wrong is told, with what to write', () => {
  const services = { web: { enable: false, host: '10.0.0.1', port: 3000 } };
  expect(mistakes({ services, opened: [{ file: 'flake.nix', ports: [22] }] })).toEqual([
    'services.web.enable: it is false; write services.web.enable = true;',
    'services.web.host: it is "10.0.0.1"; write services.web.host = lib.mkDefault "0.0.0.0";',
    'services.web.port: it is 3000; write services.web.port = 8080;',
    'networking.firewall.allowedTCPPorts: opened: 22 by flake.nix. pets opens 8080, and nothing else reaches a pet',
  ]);
});

test('an app that nothing leads to may listen where it likes', () => {
  const services = { web: { enable: false, host: '10.0.0.1', port: 3000 } };
  expect(mistakes({ services }, {}, false)).toEqual([
    'services.web.enable: it is false; write services.web.enable = true;',
  ]);
});

test('what is missing is not, nor what nobody can see', () => {
  expect(mistakes({})).toEqual([]);
  expect(mistakes({ services: {} })).toEqual([]);
  expect(mistakes({}, { modules: ['incus'], services: null })).toEqual([]);
  expect(mistakes({}, { kind: 'system' })).toEqual([]);
  expect(mistakes({}, { settings: null })).toEqual([]);
});
