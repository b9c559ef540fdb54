export type Process = {
  readonly pid: number;
  /** The service that it runs in. */
  readonly unit: string | null;
  /** The store paths that its program and its arguments name. */
  readonly paths: readonly string[];
  readonly ageMs: number | null;
};

const LINES = 5;

/** In what `describe` of the shell prints. */
export function processesIn(text: string): Process[] {
  const lines = text.split('\n');
  return Array.from({ length: Math.floor(lines.length / LINES) }, (_, i) => {
    const [pid = '', exe = '', cmdline = '', cgroups = '', age = ''] = lines.slice(
      LINES * i,
      LINES * (i + 1),
    );
    return {
      pid: Number(pid),
      unit: serviceIn(cgroups),
      paths: storePathsIn(`${exe} ${cmdline}`),
      ageMs: age === '' ? null : Number(age) * 10,
    };
  });
}

/** `0::/system.slice/web.service/worker` */
function serviceIn(cgroups: string): string | null {
  return /\/([^/\s]+\.service)(?![^/\s])/.exec(cgroups)?.[1] ?? null;
}

function storePathsIn(text: string): string[] {
  return [...new Set(text.match(/\/nix\/store\/[0-9a-z]{32}-[\w+.?=-]+/g) ?? [])];
}
