/** What a store mode means to those who plan, make and observe containers. How it does it is in `stores/`. */
type StoreCapabilities = {
  /** The container is made from an image, and boots the system that it brought until it has its own. */
  readonly needsImage: boolean;
  /** The container is shown the host's store, which the host must be able to do. */
  readonly sharesHostStore: boolean;
  /** The running guest is sent its system. */
  readonly sendsSystem: boolean;
  /** The profile, and with it the generations, is a directory of the host. */
  readonly hasHostProfile: boolean;
  /** Devices by which its containers are known: those of no other mode have them. */
  readonly devices: readonly string[];
};

/** Every store mode, the preferred one first: what a manifest leaves open gets the first that works. */
export const STORES = {
  shared: {
    needsImage: false,
    sharesHostStore: true,
    sendsSystem: false,
    hasHostProfile: true,
    devices: ['nix-store', 'nix-profiles'],
  },
  copy: {
    needsImage: true,
    sharesHostStore: false,
    sendsSystem: true,
    hasHostProfile: false,
    devices: [],
  },
} as const satisfies Readonly<Record<string, StoreCapabilities>>;

export type StoreMode = keyof typeof STORES;

export const STORE_MODES = Object.keys(STORES) as StoreMode[];

export function capabilitiesOf(store: StoreMode): StoreCapabilities {
  return STORES[store];
}

/** Of an app whose manifest says none. `blocker`: why the host's store cannot be shared; null: it can. */
export function preferredStore(blocker: string | null): StoreMode {
  return modeThat(({ sharesHostStore }) => blocker === null || !sharesHostStore);
}

/** What a container has that is not of our making, and one whose host cannot share its store. */
export const OWN_STORE = modeThat(({ sharesHostStore }) => !sharesHostStore);

/** Whose profiles are left on the host by an app that is gone. */
export const HOST_PROFILE_STORE = modeThat(({ hasHostProfile }) => hasHostProfile);

/** The mode that a container of ours was made with. One of its devices will do: another may have been removed. */
export function storeIn(devices: Readonly<Record<string, unknown>>): StoreMode {
  const isTold = ({ devices: telling }: StoreCapabilities) =>
    telling.length === 0 || telling.some((device) => Object.hasOwn(devices, device));
  return modeThat(isTold);
}

/** Names of the devices that a container may have because of its store. */
export const STORE_DEVICES: ReadonlySet<string> = new Set(
  STORE_MODES.flatMap((mode) => STORES[mode].devices),
);

function modeThat(has: (capabilities: StoreCapabilities) => boolean): StoreMode {
  const mode = STORE_MODES.find((one) => has(STORES[one]));
  if (mode === undefined) throw new Error('no store mode is like that');
  return mode;
}
