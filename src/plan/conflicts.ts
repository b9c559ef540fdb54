import { formatListen, isWildcard, overlaps } from '../listen.js';
import type { Actual, Claim, Desired, DesiredApp, Listen, PlanProblem } from '../model.js';
import type { Move } from './exposure.js';

/** Everything that forbids carrying out the plan. Found before the first write, all of it at once. */
export function conflictsOf(
  desired: Desired,
  actual: Actual,
  moves: readonly Move[],
  /** Exposures of this project's apps that stay where they are although no selected app has them. */
  staying: readonly Claim[],
): PlanProblem[] {
  return desired.apps.flatMap((app) => {
    const opens = moves.find((m) => m.app === app.name)?.opens ?? null;
    return [
      ...missingSource(app),
      ...foreignInstance(app, actual),
      ...(opens ? portTaken(app, opens, [...actual.claims, ...staying]) : []),
      ...(opens ? noSuchAddress(app, opens, actual) : []),
      ...brokenInstance(app, actual),
    ];
  });
}

function missingSource(app: DesiredApp): PlanProblem[] {
  return [app.source, app.nixpkgs].flatMap((source, i) =>
    source.kind === 'missing'
      ? [{ app: app.name, path: ['apps', app.name, i === 0 ? 'flake-ref' : 'nixpkgs'], ...source.problem }]
      : [],
  );
}

function foreignInstance(app: DesiredApp, actual: Actual): PlanProblem[] {
  const owner = Object.hasOwn(actual.strangers, app.name) ? actual.strangers[app.name] : undefined;
  if (owner === undefined) return [];
  return [
    {
      app: app.name,
      path: ['apps', app.name],
      message: `the name \`${app.name}\` is taken by an Incus instance that ${owner}`,
      hint: "rename the app; pets never changes an instance that does not bear its project's mark",
    },
  ];
}

function portTaken(app: DesiredApp, listen: Listen, claims: readonly Claim[]): PlanProblem[] {
  const claim = claims.find((c) => overlaps(c.listen, listen));
  if (!claim) return [];
  return [
    {
      app: app.name,
      path: ['apps', app.name, 'port'],
      message: `${formatListen(listen)} is taken: ${claim.holder}${claim.live ? '' : ' declares it'}`,
      hint: `choose another port for \`${app.name}\`, or free that one`,
    },
  ];
}

function noSuchAddress(app: DesiredApp, listen: Listen, actual: Actual): PlanProblem[] {
  const { address } = listen;
  const known = isWildcard(listen) || address.startsWith('127.') || actual.addresses.includes(address);
  if (known) return [];
  return [
    {
      app: app.name,
      path: ['apps', app.name, 'listen'],
      message: `${address} is not an address of this host`,
      hint: `it has ${actual.addresses.join(', ')}; a VPN's address is there only while the VPN is up`,
    },
  ];
}

function brokenInstance(app: DesiredApp, actual: Actual): PlanProblem[] {
  const instance = actual.apps.find((a) => a.name === app.name);
  if (!instance || ['Running', 'Stopped', 'Frozen'].includes(instance.status)) return [];
  return [
    {
      app: app.name,
      path: ['apps', app.name],
      message: `Incus says the instance's status is ${instance.status}`,
      hint: `look at \`incus info --show-log ${app.name}\``,
    },
  ];
}
