import { rtmError } from '../errors/errors.ts';
import type { Settings } from '../settings/config.ts';

interface Claim {
  readonly key: string;
  readonly instance: WeakRef<object>;
}

/** Instances that were not logged out; weakly, so that one can be let go without a logout. */
const claims = new Set<Claim>();

/**
 * Takes down that `instance` is there. Throws −10027 if another of the same app and user is, where the settings ask for
 * that. The function returned releases the place; a later login does not take it again.
 */
export function claimInstance(instance: object, { app, userId, strictSingleInstance }: Settings): () => void {
  for (const claim of claims) if (claim.instance.deref() === undefined) claims.delete(claim);
  const key = `${app}/${userId}`;
  if (strictSingleInstance && [...claims].some((claim) => claim.key === key))
    throw rtmError(
      'initRTM',
      'INSTANCE_ALREADY_EXISTS',
      'Another instance of this app and user is alive: log it out first',
    );
  const own: Claim = { key, instance: new WeakRef(instance) };
  claims.add(own);
  return () => {
    claims.delete(own);
  };
}
