import { afterEach, expect, test } from 'bun:test';
import { app, SignalingWorld } from '../../../testing/worlds/signaling-world.ts';
import { defaultAppSignalingLimits } from '../signaling-limits.ts';

let world: SignalingWorld | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

test('LIMIT6: an app has a signalingUserBacklogBytesMax of its own, and the others have that of the server', async () => {
  const other = { ...app, id: 'f'.repeat(32) };
  const low = { ...defaultAppSignalingLimits, signalingUserBacklogBytesMax: 1_000 };
  const w = await SignalingWorld.start({}, true, {
    others: [other],
    limitsOf: (id) => (id === app.id ? low : defaultAppSignalingLimits),
  });
  world = w;
  const codesIn = async (id: string) => {
    const [ann, bob] = [
      await w.login('ann', { app: id, token: '' }),
      await w.login('bob', { app: id, token: '' }),
    ];
    const codes: unknown[] = [];
    for (const backlog of [1_000, 1_001]) {
      bob.backlog = backlog;
      const answer = await ann.asks({
        type: 'publish',
        channelType: 'USER',
        channel: 'bob',
        content: { text: '' },
      });
      codes.push(answer.type === 'ok' ? 'ok' : answer.code);
    }
    return codes;
  };
  expect([await codesIn(app.id), await codesIn(other.id)]).toEqual([
    ['ok', -11025],
    ['ok', 'ok'],
  ]);
});
