import { HousecountError } from '@housecount/protocol';
import { type Fault, faultOf } from './check.ts';
import type { Shape } from './shape.ts';

/**
 * A JSON body that fits its shape.
 * @throws HousecountError body_invalid, or the code of the part that is there and does not fit, with a sentence that names it
 */
export function readBody<T>(shape: Shape<T>, body: unknown): T {
  const fault = faultOf(shape, body);
  if (fault) throw new HousecountError(fault.code ?? 'body_invalid', sentenceOf(fault));
  return body as T;
}

/** A fault as a sentence, with what the value as a whole is called. Names come from outside, and are cut so that an answer cannot be made long by them. */
export function sentenceOf({ path, kind, must }: Fault, whole = 'The body'): string {
  const name = JSON.stringify(pathText(path).slice(0, 80));
  if (kind === 'unknown') return `Unknown field ${name}.`;
  if (path.length === 0) return `${whole} must be ${must}.`;
  if (kind === 'missing') return `${name} is missing: it must be ${must}.`;
  return `${name} must be ${must}.`;
}

export function pathText(path: Fault['path']): string {
  return path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : text === '' ? step : `${text}.${step}`),
    '',
  );
}
