import { afterAll, beforeAll } from 'bun:test';
import type { Told } from '@housecount/link/testing/link-scene.ts';
import { linkContract } from '@housecount/link/testing/link-suite.ts';
import type { HelloFrame } from '@housecount/protocol';
import { setLogLevel } from '../log.ts';
import { welcome } from '../testing/fake-server.ts';
import { LiveLink } from './live-link.ts';

beforeAll(() => setLogLevel(4));
afterAll(() => setLogLevel(2));

linkContract({
  name: 'live channels',
  hello: 'hello',
  goodbye: 'bye',
  firstWaitMsMax: 250,
  keyOf: (hello) => (hello as unknown as HelloFrame).resume,
  welcome: ({ key, ...terms }) => {
    const { leaseMs: _, ...given } = welcome();
    return { ...given, ...terms, resume: key };
  },
  refusal: (id) => ({ type: 'error', id, code: 'role_forbidden', message: 'No.' }),
  make: (surroundings, told: (what: Told) => void) => {
    const link = new LiveLink(
      { server: 'http://server.test', app: 'a'.repeat(32), channel: 'c', role: 'audience', profile: 'live' },
      {
        onReconnecting: () => told('lost'),
        onWelcome: () => told('connected'),
        onFrame: () => undefined,
        onEnded: () => told('over'),
      },
      surroundings,
    );
    return {
      open: () => link.open(new AbortController().signal),
      ask: (long) => link.request({ type: 'renew-token', token: long ? 'x'.repeat(32 * 1024) : 't' }),
      hurry: () => link.hurry(),
      leave: () => link.bye(),
    };
  },
});
