import type { Settings } from './config.ts';
import { rtmError } from './errors.ts';

/** Instances that were not logged out, by app and user; weakly, so that an instance can be let go without a logout. */
const alive = new Map<string, WeakRef<object>>();

/**
 * Takes down that `instance` is there. Throws −10027 if another is, where the settings ask for that. The function returned
 * releases the place; a later login does not take it again.
 */
export function claimInstance(instance: object, { app, userId, strictSingleInstance }: Settings): () => void {
  const key = `${app}/${userId}`;
  if (strictSingleInstance && alive.get(key)?.deref() !== undefined)
    throw rtmError(
      'initRTM',
      'INSTANCE_ALREADY_EXISTS',
      'Another instance of this app and user is alive: log it out first',
    );
  for (const [each, reference] of alive) if (reference.deref() === undefined) alive.delete(each);
  alive.set(key, new WeakRef(instance));
  return () => {
    if (alive.get(key)?.deref() === instance) alive.delete(key);
  };
}
