import { limits } from '../../limits.ts';
import { child, integer, type Source } from '../../settings/reader.ts';
import type { Config } from '../config.ts';
import { readLimits } from '../limit-settings.ts';

/** More than a log takes: no limit. */
const joinRateBounds = (fallback: number) => ({ min: 1, max: 1_000_000, fallback });

/** The rates of one client, and the limits of limit-settings.ts. */
export function readLimitsSection(source: Source): Config['limits'] {
  return {
    ...readLimits(source, ['joinsPerAddress', 'joinsPerToken']),
    joinsPerAddress: integer(child(source, 'joinsPerAddress'), joinRateBounds(limits.joinsPerAddress)),
    joinsPerToken: integer(child(source, 'joinsPerToken'), joinRateBounds(limits.joinsPerToken)),
  };
}
