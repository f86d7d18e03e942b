import { signalingFrameBytesMax } from '@housecount/protocol';
import { type ConnectionsUnderTest, connectionSuite } from '../../testing/suites/connection-contract.ts';
import { app, SignalingWorld, subscription, type TestClient } from '../../testing/worlds/signaling-world.ts';
import { limits } from '../limits.ts';
import { steadyRate } from '../net/token-bucket.ts';

const lobby = { app: app.id, kind: 'message', name: 'lobby' } as const;

connectionSuite('signaling', async (): Promise<ConnectionsUnderTest> => {
  const world = await SignalingWorld.start();
  return {
    frameBytesMax: signalingFrameBytesMax,
    framesAtOnceMax: steadyRate(limits.signalingFramesPerSecondMax).burst,
    connect: () => world.connect(),
    async enter() {
      const client = await world.login('ann');
      await client.subscribes('lobby');
      return client;
    },
    resume: (former) => world.login('ann', { session: (former as TestClient).welcome.session }),
    decided: (id) => ({ ...subscription('lobby'), id }),
    member() {
      return [...(world.log.channel(lobby)?.roster ?? [])][0];
    },
    advance: (byMs) => world.advance(byMs),
    settled: () => world.settled(),
    stop: (retryAfterMs) => world.signaling.stop(retryAfterMs),
    remove: () => world.stop(),
  };
});
