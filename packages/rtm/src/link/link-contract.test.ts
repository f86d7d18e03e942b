import { afterEach } from 'bun:test';
import { linkContract } from '@housecount/link/testing/link-suite.ts';
import type { SignalingLogin } from '@housecount/protocol';
import { replaceEnvironment } from '../settings/environment.ts';
import { SignalingLink } from './signaling-link.ts';

let restore: () => void = () => undefined;
afterEach(() => restore());

linkContract({
  name: 'signaling',
  hello: 'login',
  goodbye: 'logout',
  firstWaitMsMax: 2_000,
  answerMs: 10_000,
  keyOf: (hello) => (hello as unknown as SignalingLogin).session?.key,
  welcome: ({ key, ...terms }) => ({ type: 'welcome', session: { id: 's', key }, serverMs: 1, ...terms }),
  refusal: (id) => ({ type: 'refused', id, code: -11033, reason: 'No.' }),
  make: (surroundings, told) => {
    restore = replaceEnvironment({ ...surroundings, nowMs: () => 1 });
    let isLost = false;
    const link = new SignalingLink(
      {
        app: 'a'.repeat(32),
        userId: 'ann',
        heartbeatSeconds: 1_800,
        presenceTimeoutSeconds: 5,
        hosts: ['http://server.test'],
      },
      {
        onFrame: () => undefined,
        onPutOut: () => undefined,
        restore: async () => [],
        channels: () => [],
        onState: ({ currentState }) => {
          if (currentState === 'CONNECTED') told('connected');
          else if (currentState === 'FAILED') told('over');
          else if (currentState === 'DISCONNECTED' && !isLost) told('lost');
          if (currentState === 'CONNECTED') isLost = false;
          if (currentState === 'DISCONNECTED') isLost = true;
        },
      },
    );
    return {
      open: () => link.login(undefined),
      ask: (long) => link.request({ type: 'renew-token', token: long ? 'x'.repeat(64 * 1024) : '007t' }),
      hurry: () => link.hurry(),
      leave: () => link.logout(),
    };
  },
});
