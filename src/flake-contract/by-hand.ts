import { bindingsText, type Added } from './added.js';
import type { Binding, FunctionNode, Span } from './nodes.js';
import { attributePath } from './nix-text.js';
import { functionOf, outputsOf, Unfit } from './outputs.js';
import { NoPlace, placeIn, type Place } from './place.js';
import { selfIn } from './scope.js';
import { lineOf, NotUnderstood } from './tokens.js';

/**
 * What to write by hand so that a flake.nix has some modules besides its own, and where: as it is written now.
 * `isTried`: to insert them has been tried, and has not worked.
 */
export function byHand(text: string, added: readonly Added[], isTried = false): string {
  const { where, code } = adviceOn(text, added, isTried);
  return `add this by hand ${where}:\n${code}`;
}

type Advice = { readonly where: string; readonly code: string };

function adviceOn(text: string, added: readonly Added[], isTried: boolean): Advice {
  try {
    const outputs = outputsOf(text);
    if (outputs.value.kind !== 'function' || isTried) return aroundOutputs(text, outputs, added);
    return besides(text, outputs, added);
  } catch (error) {
    if (!(error instanceof NotUnderstood || error instanceof Unfit)) throw error;
    const code = bindingsText(added, ['nixosModules'], 'self').join('\n');
    return { where: 'to the flake’s outputs, where `self` is in scope', code };
  }
}

function besides(text: string, outputs: Binding, added: readonly Added[]): Advice {
  try {
    return atPlace(text, placeIn(functionOf(outputs)), added);
  } catch (error) {
    if (!(error instanceof NoPlace)) throw error;
    return inShape(text, outputs, error, added);
  }
}

function atPlace(text: string, place: Place, added: readonly Added[]): Advice {
  if (place.kind === 'update') {
    const { binding, at, self } = place;
    const start = binding.source?.start ?? binding.start;
    const value = `${text.slice(binding.start, start)}${showCode(text, { start, end: at })}`;
    return inPlaceOf(text, binding, `${value} // ${setText(added, self)};`);
  }
  const { holder, after, prefix, self } = place;
  const code = bindingsText(added, prefix, self).join('\n');
  const name = after?.path ? `\`${attributePath(...after.path)}\` in ` : '';
  return after
    ? { where: `to flake.nix, behind ${name}${placeOf(text, after)}`, code }
    : { where: `to flake.nix, in the set that begins in line ${lineOf(text, holder.start)}`, code };
}

function inShape(text: string, outputs: Binding, { shape, self }: NoPlace, added: readonly Added[]): Advice {
  const set = setText(added, self ?? 'self');
  switch (shape.kind) {
    case 'inherited': {
      const name = (shape.binding.path ?? []).join('.');
      const from = shape.binding.source ? `${inBrackets(text, shape.binding.source)}.` : '';
      const where = `to flake.nix, and take \`${name}\` out of the \`inherit\` in ${placeOf(text, shape.binding)}`;
      return { where, code: `${name} = ${from}${name} // ${set};` };
    }
    case 'value': {
      const { binding } = shape;
      const { start = binding.start, end = binding.end } = binding.source ?? {};
      const value = `${text.slice(binding.start, start)}(${showCode(text, { start, end })})`;
      return inPlaceOf(text, binding, `${value} // ${set};`);
    }
    case 'parts': {
      const module = `{ ${bindingsText(added, ['flake', 'nixosModules'], self ?? 'self').join('\n')} }`;
      const has = shape.module.bindings.some(({ path }) => path?.length === 1 && path[0] === 'imports');
      const line = lineOf(text, shape.module.start);
      return has
        ? { where: `to flake.nix, to the list \`imports\` of the module in line ${line}`, code: module }
        : { where: `to flake.nix, in the module in line ${line}`, code: `imports = [ ${module} ];` };
    }
    case 'self': {
      const code = bindingsText(added, ['nixosModules'], 'self').join('\n');
      return { where: 'to the flake’s outputs, and let the function `outputs` take `self`', code };
    }
    case 'outputs':
      return aroundOutputs(text, outputs, added);
  }
}

/** What fits whatever they are put together from. */
function aroundOutputs(text: string, binding: Binding, added: readonly Added[]): Advice {
  const { value, source } = binding;
  const whole = source ?? binding;
  const isWritten = value.kind === 'function';
  const head = isWritten ? text.slice(whole.start, value.start).trim() : 'inputs:';
  const now = isWritten ? showCode(text, value) : `${inBrackets(text, whole)} inputs`;
  const self = isWritten ? selfOf(value) : 'inputs.self';
  const modules = `nixosModules = outputs.nixosModules or { } // ${setText(added, self)};`;
  const code = `outputs = ${head} let outputs = ${now}; in outputs // {\n${indent(modules)}\n};`;
  return inPlaceOf(text, binding, code);
}

function inPlaceOf(text: string, binding: Binding, code: string): Advice {
  const name = (binding.path ?? []).join('.');
  return { where: `to flake.nix, in place of \`${name}\` in ${placeOf(text, binding)}${dots(code)}`, code };
}

function selfOf(outputs: FunctionNode): string {
  return selfIn([outputs]) ?? 'self';
}

function setText(added: readonly Added[], self: string): string {
  return `{\n${indent(bindingsText(added, [], self).join('\n'))}\n}`;
}

function indent(code: string): string {
  return code.replace(/^(?=.)/gm, '  ');
}

const MOST = 100;
const DOTS = '…';

/** As it is written, where that is short. */
function showCode(text: string, { start, end }: Span): string {
  const code = text.slice(start, end);
  return code.length > MOST || code.includes('\n') ? DOTS : code;
}

function dots(code: string): string {
  return code.includes(DOTS) ? ` (${DOTS} stands for what is there now)` : '';
}

function inBrackets(text: string, span: Span): string {
  const code = showCode(text, span);
  return /^[\w.'-]+$/.test(code) ? code : `(${code})`;
}

function placeOf(text: string, { start, end }: Span): string {
  const [first, last] = [lineOf(text, start), lineOf(text, end)];
  return first === last ? `line ${first}` : `lines ${first} to ${last}`;
}
