/** A float keeps being one where it has no fraction. */
export type Float = { readonly float: number };
/** What JSON can say, with integers and floats told apart. */
export type JsonValue = string | number | bigint | boolean | Float | readonly JsonValue[] | Table;
type Table = { readonly [name: string]: JsonValue };

/** A value as JSON that `builtins.fromJSON` reads as the same value: 1.0 stays a float, integers stay exact. */
export function jsonWithFloats(value: JsonValue): string {
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object') return JSON.stringify(value);
  if (isList(value)) return `[${value.map(jsonWithFloats).join(',')}]`;
  if (isFloat(value)) return floatJson(value.float);
  const members = Object.entries(value).map(
    ([name, item]) => `${JSON.stringify(name)}:${jsonWithFloats(item)}`,
  );
  return `{${members.join(',')}}`;
}

export function isTable(value: JsonValue): value is Table {
  return typeof value === 'object' && !isList(value) && !isFloat(value);
}

/** `Array.isArray` does not narrow readonly arrays away. */
function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** A table whose only key is `float` has no plain number for it. */
function isFloat(value: Float | Table): value is Float {
  return Object.keys(value).length === 1 && typeof value['float'] === 'number';
}

function floatJson(value: number): string {
  const text = Object.is(value, -0) ? '-0' : String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}
