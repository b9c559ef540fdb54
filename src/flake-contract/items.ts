import type { ContractItem, Facts, Examined } from '../domain/contract.js';
import { brokenItem, missing, ok, unknownItem, wrong } from './item.js';
import type { Listen } from './listen.js';
import { attribute, attributePath, listNames, text } from './nix-text.js';
import { serviceItems } from './service-items.js';

/** Every demand of the contract, in the order in which they are best met. Of a whole system there are fewer. */
export function contractItems(examined: Examined): ContractItem[] {
  const { facts } = examined;
  if (facts.kind === 'system') return [ok(examined.attribute), stateVersion(examined), system(examined)];
  const service = serviceOf(facts);
  return [
    ...packageItems(examined),
    defaultModule(examined, service),
    ...serviceItems(examined, service),
    module(examined),
    ...containerItems(examined, service),
    stateVersion(examined),
    firewall(examined),
    system(examined),
  ];
}

/** The service that the flake ships: of several, the one that its module for containers enables. Null: none. */
export function serviceOf({ services, settings }: Pick<Facts, 'services' | 'settings'>): string | null {
  const names = Object.keys(services ?? {});
  const enabled = names.filter((name) => settings?.services[name]?.['enable'] === true);
  const named = names.find((name) => name === settings?.hostname);
  const whole = names.filter((name) => services?.[name]?.options.some((option) => option.name === 'enable'));
  return (enabled.length === 1 ? enabled[0] : null) ?? named ?? enabled[0] ?? whole[0] ?? names[0] ?? null;
}

/**
 * What the flake's author must write before there can be a module for containers. What cannot be seen is among it
 * only where nothing is missing. `listen`: where that is known better than by the options' names.
 */
export function prerequisites(examined: Examined, service: string | null, listen?: Listen): ContractItem[] {
  const bare = { ...examined, facts: { ...examined.facts, settings: null } };
  const isDeclared = service !== null && examined.facts.services?.[service] !== undefined;
  const items = [
    ...packageItems(examined),
    // A module of another name is made the default.
    ...(isDeclared ? [] : [defaultModule(examined, service)]),
    ...serviceItems(bare, service, listen),
  ];
  const missed = items.filter(({ status }) => status === 'missing');
  return missed.length > 0 ? missed : items.filter(({ status }) => status !== 'ok');
}

function packageItems({ facts, platform, unseen: { packages, mainPrograms } }: Examined): ContractItem[] {
  const [name, program] = [`packages.${platform}.default`, `packages.${platform}.default.meta.mainProgram`];
  const flaw = packages ?? (facts.packages.includes('default') ? mainPrograms : undefined);
  if (flaw !== undefined) return [brokenItem(name, flaw), unknownItem(program, name, 'does not evaluate')];
  if (!facts.packages.includes('default')) {
    const others = facts.packages.map((other) => attributePath('packages', platform, other));
    const elsewhere = facts.platforms.filter((other) => other !== platform);
    const found =
      others.length > 0
        ? `there is ${listNames(others)}`
        : elsewhere.length > 0
          ? `there are packages for ${listNames(elsewhere)} only`
          : null;
    const write = others[0] === undefined ? 'pkgs.callPackage ./package.nix { }' : `self.${others[0]}`;
    return [missing(name, `${name} = ${write};`, found), unknownItem(program, name)];
  }
  const main = facts.mainPrograms['default'];
  if (main) return [ok(name), ok(program, main)];
  const why = 'nobody can tell which of its programs is the service';
  return [ok(name), missing(program, 'meta.mainProgram = "the name of the program in bin/";', why)];
}

function defaultModule({ facts, unseen: flaws }: Examined, service: string | null): ContractItem {
  const { modules, homeModules, services } = facts;
  const name = 'nixosModules.default';
  const flaw = flaws.modules ?? (modules.includes('default') ? flaws.services : undefined);
  if (flaw !== undefined) return brokenItem(name, flaw);
  if (modules.includes('default')) return ok(name);
  const others = modules.filter((other) => other !== 'incus');
  if (others.length > 0) {
    const own = (service === null ? undefined : services?.[service]?.module) ?? onlyOne(others);
    const found = `there is ${listNames(others.map((other) => attributePath('nixosModules', other)))}`;
    return missing(
      name,
      own === null ? null : `${name} = self.${attributePath('nixosModules', own)};`,
      found,
    );
  }
  const write = `${name} = ./module.nix;  # declares ${serviceOptions(service)}, runs systemd.services`;
  const [home] = homeModules;
  if (home === undefined) return missing(name, write);
  const found = `there is only \`${home}\`, a module of home-manager: it runs in the session of a user who has logged in, and a pet has none; the service must be one of the system`;
  return missing(name, write, found);
}

function onlyOne(names: readonly string[]): string | null {
  return names.length === 1 ? (names[0] ?? null) : null;
}

function serviceOptions(service: string | null): string {
  return `services.${service === null ? '<app>' : attribute(service)}.{enable,package,host,port}`;
}

function module({ facts, attribute: name, problem, unseen: { kind } }: Examined): ContractItem {
  if (kind !== undefined) return brokenItem(name, kind);
  if (facts.kind === null) return missing(name, null, '`pets init --contract` writes it');
  const strangers = facts.arguments.filter((argument) => !GIVEN.has(argument));
  if (problem === null || strangers.length === 0) return ok(name);
  const found = `it takes ${listNames(strangers.map((argument) => `\`${argument}\``))}, which nobody gives it`;
  return wrong(name, found, '{ config, lib, pkgs, ... }: { }  # what else it needs is in scope in flake.nix');
}

/** Arguments that NixOS gives to every module. */
const GIVEN = new Set([
  ...['config', 'lib', 'modulesPath', 'options', 'pkgs', 'specialArgs', 'utils', '_class', '_prefix'],
  ...['baseModules', 'extendModules', 'extraModules', 'moduleType', 'modules', 'noUserModules'],
]);

function containerItems(examined: Examined, service: string | null): ContractItem[] {
  const { settings } = examined.facts;
  const [enable, hostname] = ['incus.container.enable', 'incus.container.hostname'];
  if (settings === null) return [unseenItem(enable, examined), unseenItem(hostname, examined)];
  return [
    settings.enable === true ? ok(enable) : missing(enable, `${enable} = true;`),
    settings.hostname === null
      ? missing(hostname, `${hostname} = lib.mkDefault ${text(service ?? '<app>')};`)
      : ok(hostname, settings.hostname),
  ];
}

function stateVersion(examined: Examined): ContractItem {
  const { settings, version } = examined.facts;
  const name = 'system.stateVersion';
  if (settings === null) return unseenItem(name, examined);
  if (settings.stateVersion !== null) return ok(name, settings.stateVersion);
  return missing(name, `${name} = ${text(releaseOf(version))};`);
}

/** `25.11.20260110.e1a2b3c` → `25.11`. */
export function releaseOf(version: string | null): string {
  return /^\d+\.\d+/.exec(version ?? '')?.[0] ?? '25.11';
}

function firewall(examined: Examined): ContractItem {
  const { settings } = examined.facts;
  const name = 'networking.firewall.allowedTCPPorts';
  if (settings === null) return unseenItem(name, examined);
  if (settings.opened.length === 0) return ok(name);
  const opened = settings.opened.map(({ file, ports }) => `${ports.join(', ')} by ${shortFile(file)}`);
  return wrong(name, `opened: ${opened.join('; ')}. pets opens 8080, and nothing else reaches a pet`, null);
}

/** Where a module says no file of its own, the module system has only this to tell. */
function shortFile(file: string): string {
  return file === '<unknown-file>' ? 'the module' : file.replace(/^\/nix\/store\/[0-9a-z]{32}-[^/]*\//, '');
}

function system(examined: Examined): ContractItem {
  const { facts, problem } = examined;
  const name = 'system.build.toplevel';
  if (facts.kind === null) return unseenItem(name, examined);
  return problem === null ? ok(name, 'it evaluates') : brokenItem(name, problem);
}

function unseenItem(name: string, examined: Examined): ContractItem {
  const isMissing = examined.facts.kind === null && examined.unseen.kind === undefined;
  return unknownItem(name, 'the module', isMissing ? 'is missing' : 'does not evaluate');
}
