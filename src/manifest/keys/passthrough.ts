import * as v from 'valibot';
import { listOf, mapOf, parsedValue, refuse, type Refused, text, wordsOf } from './kinds.js';
import { isAtOrBelow } from './paths.js';
import { didYouMean } from '../../lib/closest-match.js';
import { quote } from '../../lib/format.js';
import { isTable, show } from '../text.js';

/** The `incus` table: what is handed to Incus as it is, less what pets decides itself. */

/** Config keys that are not the manifest's to set this way, and what there is instead. */
const OWNED: readonly (readonly [RegExp, string])[] = [
  [/^user\.(?:pets|incus-pet)\./, 'pets marks its containers with these'],
  [/^volatile\./, 'these are notes that Incus makes'],
  [/^raw\.lxc$/, 'pets boots the system with it'],
  [/^raw\.idmap$/, "the host's store is shared through the container's own id map"],
  [/^security\.nesting$/, 'it is always on: systemd in a NixOS guest needs it'],
  [/^security\.privileged$/, "a privileged guest could write to the host's store"],
  [/^limits\.memory$/, 'use `limits.memory`'],
  [/^limits\.cpu(?:\.allowance)?$/, 'use `limits.cpu`'],
  [/^boot\.autostart$/, 'use `autostart`'],
];

/** Numbers and booleans as the text that Incus stores. */
const setting = parsedValue<string>({ type: ['string', 'number', 'boolean'] }, (value) => {
  if (value === '') return refuse('an empty value sets nothing', 'leave the key out');
  if (typeof value === 'string' && !value.includes('\0')) return value;
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value)))
    return String(value);
  const hint = isTable(value) ? 'a key with dots is quoted: "limits.processes" = 100' : null;
  return refuse(`expected text, a number, true or false, got ${show(value)}`, hint);
});

const config = mapOf('a table of config keys', setting, (key) => {
  const owned = OWNED.find(([pattern]) => pattern.test(key));
  if (owned) return refuse('this key is not to be set here', owned[1]);
  if (/^[a-z][a-z0-9-]*\.[^\p{Cc}]+$/u.test(key)) return null;
  return refuse(`${quote(key)} is no config key`, 'a namespace and a name: "limits.processes"');
});

const TYPES = [
  'disk',
  'gpu',
  'infiniband',
  'nic',
  'none',
  'pci',
  'proxy',
  'tpm',
  'unix-block',
  'unix-char',
  'unix-hotplug',
  'usb',
];

/** Names that pets gives to devices of its own. */
const OWN_DEVICE = /^(?:web(?:-\d+)?|publish-\d+|bind-\d+|volume-.*|nix-store|nix-profiles)$/;

const properties = mapOf(
  'a table with a `type`',
  setting,
  (key) => (/^[a-z][\w.-]*$/.test(key) ? null : refuse(`${quote(key)} is no property of a device`)),
  { required: ['type'], properties: { type: { enum: TYPES.filter((type) => type !== 'proxy') } } },
);

type Properties = Readonly<Record<string, string>>;

/** Checked as a whole once its properties are text. */
const device = v.pipe(
  properties,
  v.rawTransform<[string, string][], Properties>(({ dataset, addIssue, NEVER }) => {
    const device = Object.fromEntries(dataset.value);
    const flaw = flawOfDevice(device);
    if (!flaw) return device;
    addIssue({ message: wordsOf(flaw) });
    return NEVER;
  }),
);

function flawOfDevice({ type, path = '' }: Properties): Refused | null {
  if (type === undefined) return refuse('a device has a `type`', `one of ${TYPES.join(', ')}`);
  if (type === 'proxy')
    return refuse('exposures are not written here', 'use `publish`: its ports are checked');
  if (!TYPES.includes(type)) {
    const hint = didYouMean(type, TYPES) ?? `there are ${TYPES.join(', ')}`;
    return refuse(`${quote(type)} is no type of device`, hint);
  }
  const isOfSystem = type === 'disk' && isAtOrBelow(path, '/nix');
  return isOfSystem ? refuse('/nix in the guest is where its system comes from') : null;
}

const devices = mapOf('a table of devices', device, (name) => {
  if (OWN_DEVICE.test(name)) return refuse('this name is for a device of pets', 'choose another one');
  // Incus takes more, but a slash breaks it later.
  if (/^[A-Za-z0-9][\w.:-]{0,62}$/.test(name)) return null;
  return refuse(`expected a device name of 1 to 63 letters, digits, hyphens and dots, got ${quote(name)}`);
});

const profiles = listOf(
  text('the name of a profile', (name) =>
    /^[^\s,/\p{Cc}]+$/u.test(name) ? name : refuse(`expected the name of a profile, got ${quote(name)}`),
  ),
  'profiles such as ["default"]',
);

export const passthrough = { config, devices, profiles };
