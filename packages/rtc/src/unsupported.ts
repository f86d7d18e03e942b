import { failure } from './errors.ts';

/** Throws NOT_SUPPORTED for what Housecount does not have. `what` completes the sentence. */
export function unsupported(what: string): never {
  throw failure('NOT_SUPPORTED', `Housecount has no ${what}`);
}

/** Rejects in the same way. */
export async function rejectUnsupported(what: string): Promise<never> {
  return unsupported(what);
}
