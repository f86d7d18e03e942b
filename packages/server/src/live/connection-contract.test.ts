import { clientFrameBytesMax } from '@housecount/protocol';
import { type ConnectionsUnderTest, connectionSuite } from '../../testing/suites/connection-contract.ts';
import { type TestSocket, TestWorld, testApp } from '../../testing/worlds/live-world.ts';
import { liveKey } from '../channel/channel.ts';
import { limits } from '../limits.ts';
import { steadyRate } from '../net/token-bucket.ts';

connectionSuite('live channels', async (): Promise<ConnectionsUnderTest> => {
  const world = await TestWorld.start();
  return {
    frameBytesMax: clientFrameBytesMax,
    framesAtOnceMax: steadyRate(limits.framesPerSecondMax).burst,
    connect: () => world.connect(),
    enter: () => world.hello({ uid: 7 }),
    resume: (former) => world.hello({ uid: 7, resume: (former as TestSocket).welcome.resume }),
    decided: (id) => ({ type: 'set-role', id, role: 'broadcaster' }),
    member: () => world.log.channel(liveKey(testApp.id, 'lobby'))?.roster.get(7),
    advance: (byMs) => world.advance(byMs),
    settled: () => world.settled(),
    stop: (retryAfterMs) => world.connections.stop(retryAfterMs),
    remove: () => world.stop(),
  };
});
