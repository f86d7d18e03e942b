import { child, choice, onlyKeys, type Source } from '../../settings/reader.ts';
import type { Config } from '../config.ts';

export function readLog(source: Source): Config['log'] {
  onlyKeys(source, ['level', 'format']);
  return {
    level: choice(child(source, 'level'), ['debug', 'info', 'warn', 'error'], 'info'),
    format: choice(child(source, 'format'), ['auto', 'json', 'pretty'], 'auto'),
  };
}
