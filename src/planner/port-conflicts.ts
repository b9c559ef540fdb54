import type { Actual, PortOwner } from '../domain/actual.js';
import { formatBinding, isWildcard, overlaps, type Binding } from '../domain/binding.js';
import type { DesiredApp, DesiredExposure } from '../domain/desired.js';
import type { KeyPath, Problem } from '../domain/problem.js';

/** What can hold a port, and the addresses that there are. */
type Around = Pick<Actual, 'inherited' | 'addresses'> & {
  readonly apps: readonly DesiredApp[];
  readonly claims: readonly PortOwner[];
};

/** Where an app cannot listen, by what it opens and by what it gets from an Incus profile. */
export function portConflicts(app: DesiredApp, opens: readonly DesiredExposure[], around: Around): Problem[] {
  return [
    ...opens.flatMap((exposure) => [
      ...portTaken(app, exposure, around),
      ...noSuchAddress(app, exposure, around),
    ]),
    ...inheritedTaken(app, around),
  ];
}

function portTaken(app: DesiredApp, exposure: DesiredExposure, { claims }: Around): Problem[] {
  const claim = claims.find((c) => overlaps(c.binding, exposure.binding));
  if (!claim) return [];
  return [
    {
      code: 'port-taken',
      data: { binding: formatBinding(exposure.binding) },
      app: app.name,
      path: keyOf(app, exposure, 'port'),
      message: `${formatBinding(exposure.binding)} is taken: ${claim.holder}${claim.live ? '' : ' declares it'}`,
      hint:
        exposure.binding.protocol === 'unix'
          ? `choose another path for \`${app.name}\``
          : `choose another port for \`${app.name}\`, or free that one`,
    },
  ];
}

/** A proxy of an Incus profile that cannot listen keeps the container from starting. */
function inheritedTaken(app: DesiredApp, around: Around): Problem[] {
  return inheritedBy(app, around.inherited).flatMap((binding) => {
    const holder = holderAmong(binding, app, around);
    if (holder === null) return [];
    return [
      {
        code: 'port-taken',
        data: { binding: formatBinding(binding) },
        app: app.name,
        path: ['apps', app.name, ...(app.profiles === null ? [] : ['incus', 'profiles'])],
        message: `${formatBinding(binding)} is taken, which \`${app.name}\` gets from an Incus profile: ${holder}`,
        hint: `take that proxy out of the profile, or name others: \`incus.profiles\` of \`${app.name}\``,
      },
    ];
  });
}

function inheritedBy({ name }: DesiredApp, inherited: Actual['inherited']): readonly Binding[] {
  return Object.hasOwn(inherited, name) ? (inherited[name] ?? []) : [];
}

function holderAmong(binding: Binding, app: DesiredApp, { apps, claims, inherited }: Around): string | null {
  const claim = claims.find((c) => overlaps(c.binding, binding));
  if (claim) return `${claim.holder}${claim.live ? '' : ' declares it'}`;
  const exposing = apps.find(({ exposures }) => exposures.some((e) => overlaps(e.binding, binding)));
  if (exposing)
    return `${exposing.name === app.name ? 'its own exposure' : `app \`${exposing.name}\``} is there`;
  const before = apps.slice(0, apps.indexOf(app));
  const sharing = before.find((other) => inheritedBy(other, inherited).some((one) => overlaps(one, binding)));
  return sharing ? `\`${sharing.name}\` gets it too` : null;
}

function noSuchAddress(app: DesiredApp, exposure: DesiredExposure, { addresses }: Around): Problem[] {
  const { binding } = exposure;
  if (binding.protocol === 'unix') return [];
  const { address } = binding;
  const known = isWildcard(binding) || address.startsWith('127.') || addresses.includes(address);
  if (known) return [];
  return [
    {
      code: 'address-missing',
      data: { address },
      app: app.name,
      path: keyOf(app, exposure, 'listen'),
      message: `${address} is not an address of this host`,
      hint: `it has ${addresses.join(', ')}; a VPN's address is there only while the VPN is up`,
    },
  ];
}

/** The key of the manifest that an exposure comes from. */
function keyOf({ name, exposures }: DesiredApp, exposure: DesiredExposure, key: 'port' | 'listen'): KeyPath {
  if (exposure.role === 'web') return ['apps', name, key];
  const index = exposures.filter((e) => e.role === 'publish').indexOf(exposure);
  return ['apps', name, 'publish', index, exposure.binding.protocol === 'unix' ? 'socket' : key];
}
