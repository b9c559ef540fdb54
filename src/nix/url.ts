/** A parameter of a flake's URL as Nix reads it: unlike in a form, `+` is itself. Null: it has none. */
export function parameterOf(url: string, name: string): string | null {
  const parameters = (url.split('?')[1] ?? '').split('&');
  const found = parameters.find((parameter) => parameter.startsWith(`${name}=`));
  return found === undefined ? null : decodeText(found.slice(name.length + 1));
}

/** `path:/a/b?narHash=…` → `/a/b`. */
export function pathOf(url: string): string {
  return decodeText(url.slice('path:'.length).split('?')[0] ?? '');
}

/** A folder as a URL of one. */
export function pathUrl(folder: string): string {
  return `path:${encodeURI(folder).replace(/[?#]/g, encodeURIComponent)}`;
}

function decodeText(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Nix says what is wrong with it.
    return text;
  }
}
