import type { Apps } from '../config/apps.ts';
import type { AppLimits, Limits } from '../config/limit-settings.ts';

/**
 * The limits of each app now: the server's limits, and in their place those that the app has of its own. The same object until
 * the app's limits change, so that parts may keep what they work out of it.
 */
export function appLimits(limits: Limits, apps: Pick<Apps, 'get'>): (app: string) => Limits {
  const known = new WeakMap<AppLimits, Limits>();
  return (app) => {
    const own = apps.get(app)?.limits;
    if (!own) return limits;
    let all = known.get(own);
    if (!all) {
      all = { ...limits, ...own };
      known.set(own, all);
    }
    return all;
  };
}
