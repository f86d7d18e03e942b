import { expect, test } from 'bun:test';
import { HousecountError } from '@housecount/protocol';
import { limits as defaults } from '../../limits.ts';
import type { MediaSession } from './media-session.ts';
import { type Asker, requireRoom } from './session-room.ts';

const asker = (fields: Partial<Asker> = {}): Asker => ({
  app: 'a',
  channel: 'stage',
  uid: 1,
  connectionId: 'c',
  kind: 'whep',
  plain: true,
  ...fields,
});

const limits: Parameters<typeof requireRoom>[3] & object = defaults;

/** Opens sessions until one is refused, each for a user of its own; resolves with how many there were. */
function fill(
  open: MediaSession[],
  fields: (i: number) => Partial<Asker>,
  perAppMax: number,
  own = limits,
): number {
  for (let i = 0; ; i++) {
    const next = asker({ uid: 1_000 + i, connectionId: `c${open.length}`, ...fields(i) });
    try {
      requireRoom(open, next, perAppMax, own);
    } catch (error) {
      if (!(error instanceof HousecountError)) throw error;
      expect(error.code).toBe('too_many_connections');
      return i;
    }
    open.push(next as MediaSession);
  }
}

test('MEDIA34: one app takes its share of the media sessions, and the others have theirs', () => {
  const open: MediaSession[] = [];
  expect(fill(open, () => ({ kind: 'whip' }), 100)).toBe(100);
  expect(fill(open, () => ({ kind: 'whip', app: 'b' }), 100)).toBe(100);
});

test('MEDIA34: players leave room for hosts, in an app and in all', () => {
  const open: MediaSession[] = [];
  const players = fill(open, () => ({}), 80);
  expect(players).toBe(70);
  expect(fill(open, () => ({ kind: 'whip' }), 80)).toBe(10);
  const all: MediaSession[] = [];
  const whole = limits.mediaSessionsMax;
  const most = fill(all, (i) => ({ app: `app-${i % 4}` }), whole);
  expect(most).toBeLessThan(whole);
  expect(fill(all, (i) => ({ app: `app-${i % 4}`, kind: 'whip' }), whole)).toBe(whole - most);
});

test('MEDIA34: one user takes a share, by plain sessions and by those of one connection', () => {
  const open: MediaSession[] = [];
  expect(fill(open, () => ({ uid: 7 }), 1_000)).toBe(limits.plainSessionsPerMemberMax);
  // The same number is another user elsewhere.
  requireRoom(open, asker({ uid: 7, channel: 'other' }), 1_000);
  requireRoom(open, asker({ uid: 7, app: 'b' }), 1_000);
  expect(fill(open, () => ({ uid: 7, plain: false, connectionId: 'sdk' }), 1_000)).toBe(
    limits.sessionsPerConnectionMax,
  );
  requireRoom(open, asker({ uid: 8 }), 1_000);
});

test('LIMIT7: a connection, a user and the server have as many media sessions as the limits of the options say', () => {
  const own = { sessionsPerConnectionMax: 2, plainSessionsPerMemberMax: 3, mediaSessionsMax: 5 };
  const sdk = { uid: 7, plain: false, connectionId: 'sdk', kind: 'whip' } as const;
  expect([
    fill([], () => sdk, 1_000, own),
    fill([], () => ({ uid: 7, kind: 'whip' }), 1_000, own),
    fill([], () => ({ kind: 'whip' }), 1_000, own),
  ]).toEqual([2, 3, 5]);
});
