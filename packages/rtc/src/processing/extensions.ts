import type { IBaseProcessor, IExtension } from '../api/processors.ts';
import { failure } from '../errors.ts';

/** Extensions of the original's makers refuse to make processors until an SDK has taken them, which it says in this field. */
type Registered = IExtension<IBaseProcessor> & { __registered__?: boolean };

/** Takes extensions, so that they make processors. INVALID_PARAMS for what is none. */
export function registerExtensions(extensions: readonly IExtension<IBaseProcessor>[]): void {
  for (const extension of Array.isArray(extensions) ? extensions : [extensions]) {
    if (typeof extension?.createProcessor !== 'function')
      throw failure('INVALID_PARAMS', 'an extension has a method createProcessor');
    (extension as Registered).__registered__ = true;
  }
}
