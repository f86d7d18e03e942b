import { RosterError } from '../roster-error.ts';
import type { RosterStore } from './store.ts';

/**
 * Runs a Lua script, as your client does it: `(script, keys, args) => client.eval(script, { keys, arguments: args })` with
 * node-redis, `(script, keys, args) => client.eval(script, keys.length, ...keys, ...args)` with ioredis.
 */
export type RunScript = (script: string, keys: string[], args: string[]) => Promise<unknown>;

const loadScript = `return redis.call('HMGET', KEYS[1], 'value', 'version')`;
const saveScript = `if (redis.call('HGET', KEYS[1], 'version') or '0') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'value', ARGV[1], 'version', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1`;

/**
 * Keeps each channel in one Redis hash, which goes away `keepMs` after its last change (default: 7 days). Each save writes the
 * whole channel, some 100 bytes a member. Redis forgets its last second when it crashes, unless you made it durable: the Roster
 * then sees a hole and heals it.
 */
export function redisStore(run: RunScript, { keepMs = 7 * 24 * 3600 * 1000 } = {}): RosterStore {
  return {
    async load(key) {
      const found = await run(loadScript, [key], []);
      const [value, version] = Array.isArray(found) ? found : [];
      if (value === null && version === null) return undefined;
      if (typeof value !== 'string' || !/^\d{1,15}$/.test(String(version)))
        throw new RosterError('store_corrupt', 'Redis gave back what no Roster had saved.');
      return { value, version: Number(version) };
    },
    async save(key, value, version) {
      const args = [JSON.stringify(value), String(version), String(version + 1), String(keepMs)];
      return (await run(saveScript, [key], args)) === 1;
    },
  };
}
