import { afterEach, expect, test } from 'bun:test';
import { app, SignalingWorld } from '../../../testing/worlds/signaling-world.ts';
import { liveKey } from '../../channel/channel.ts';

let world: SignalingWorld | undefined;
afterEach(() => world?.stop());

test('ACCT4: a user whose id spells the uid that another account has is not that one, over signaling either', async () => {
  const w = await SignalingWorld.start({});
  world = w;
  await w.joins({ account: 'vera' });
  const uid = w.log.uidOf(app.id, 'vera') ?? 0;
  const client = await w.login(String(uid));
  await client.subscribes('lobby');
  const key = { app: app.id, kind: 'message', name: 'lobby' } as const;
  const members = [...(w.log.channel(key)?.roster ?? [])];
  expect(members.map(({ account }) => account)).toEqual([String(uid)]);
  expect(members[0]?.uid).not.toBe(uid);
  expect(w.log.channel(liveKey(app.id, 'lobby'))?.roster.get(uid)?.account).toBe('vera');
  expect(w.log.uidOf(app.id, String(uid))).toBe(members[0]?.uid ?? 0);
});
