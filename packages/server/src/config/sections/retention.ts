import { limits } from '../../limits.ts';
import { child, integer, onlyKeys, type Source } from '../../settings/reader.ts';
import type { Config } from '../config.ts';

/** Below four files of the log its size says little. */
const retentionBytesBounds = { min: 256 * 1024 ** 2, max: 2 ** 50, fallback: limits.retentionBytes };
const bytesPerAppBounds = { min: 0, max: 2 ** 50, fallback: limits.retentionBytesPerApp };

export function readRetention(source: Source): Config['retention'] {
  onlyKeys(source, ['hours', 'bytes', 'bytesPerApp']);
  return {
    hours: integer(child(source, 'hours'), { min: 1, max: 8_760, fallback: limits.retentionHours }),
    bytes: integer(child(source, 'bytes'), retentionBytesBounds),
    bytesPerApp: integer(child(source, 'bytesPerApp'), bytesPerAppBounds),
  };
}

export function readAccounts(source: Source): Config['accounts'] {
  onlyKeys(source, ['days']);
  // Below a week who comes every Sunday would be forgotten; ten years is for ever.
  return { days: integer(child(source, 'days'), { min: 7, max: 3_650, fallback: limits.accountDays }) };
}
