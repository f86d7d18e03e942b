import { expect, test } from 'bun:test';
import { type ChannelKey, idOf, isSame } from './channel.ts';
import { ChannelMap } from './channel-map.ts';

const kinds = ['live', 'message', 'stream', 'user'] as const;

test('RAIL5: a channel is found by its app, kind and name, and by nothing that only reads like it', () => {
  const map = new ChannelMap<string>();
  const keys: ChannelKey[] = kinds.flatMap((kind) => [
    { app: 'a', kind, name: 'x' },
    { app: 'b', kind, name: 'x' },
    { app: 'a', kind, name: 'x/y' },
  ]);
  for (const key of keys) map.set(key, idOf(key));
  expect(new Set(map.values()).size).toBe(keys.length);
  for (const key of keys) expect(map.get({ ...key })).toBe(idOf(key));
  for (const key of keys) expect(keys.filter((other) => isSame(key, other))).toEqual([key]);
  expect(map.get({ app: 'a/live', kind: 'live', name: 'x' })).toBeUndefined();
  expect([...map.of('a', 'stream').keys()]).toEqual(['x', 'x/y']);
  expect([...map.of('nobody', 'live')]).toEqual([]);
  expect([
    map.delete({ app: 'a', kind: 'live', name: 'x' }),
    map.delete({ app: 'c', kind: 'live', name: 'x' }),
  ]).toEqual([true, false]);
  expect(map.get({ app: 'a', kind: 'live', name: 'x' })).toBeUndefined();
  expect(map.get({ app: 'a', kind: 'message', name: 'x' })).toBeDefined();
});
