import { describe, expect, test } from 'bun:test';
import {
  allowedOf,
  mayBroadcast,
  maySend,
  neverEndsMs,
  type PublishRights,
  recordedRights,
  refusalToSend,
  rightsEndMs,
} from './rights.ts';

const T = 1_700_000_000_000;
const both = { audio: true, video: true };
const sound = { audio: true, video: false };
const picture = { audio: false, video: true };
const isBanned = () => false;
const asked = (rights: PublishRights | undefined) => maySend({ rights, isBanned }, T);

describe('what may be sent', () => {
  test('RIGHT1: each kind needs its privilege, until that ends', () => {
    expect(asked({ audioEndsMs: T + 1 })).toEqual({ audio: undefined, video: 'token_no_privilege' });
    expect(asked({ audioEndsMs: T, videoEndsMs: neverEndsMs })).toEqual({
      audio: 'token_no_privilege',
      video: undefined,
    });
    expect(asked({})).toEqual({ audio: 'token_no_privilege', video: 'token_no_privilege' });
  });

  test('RIGHT1: where the app does not hold publishing to tokens, rules alone count', () => {
    expect(asked(undefined)).toEqual({ audio: undefined, video: undefined });
    const may = maySend({ rights: undefined, isBanned: (what) => what === 'publish_video' }, T);
    expect(may).toEqual({ audio: undefined, video: 'banned' });
    expect(refusalToSend(both, may)).toEqual({ code: 'banned', kind: 'video' });
    expect(refusalToSend(sound, may)).toBeUndefined();
    expect(allowedOf(both, may)).toEqual(sound);
    expect(allowedOf(picture, may)).toEqual({ audio: false, video: false });
  });

  test('RIGHT1: a rule keeps from sending whatever the token allows', () => {
    const rights = { audioEndsMs: neverEndsMs, videoEndsMs: neverEndsMs };
    expect(maySend({ rights, isBanned: () => true }, T)).toEqual({ audio: 'banned', video: 'banned' });
  });

  test('RIGHT2: who is to be a broadcaster needs one kind', () => {
    expect(
      [undefined, {}, { audioEndsMs: T }, { videoEndsMs: T + 1 }].map((r) => mayBroadcast(r, T)),
    ).toEqual([true, false, false, true]);
  });

  test('RIGHT5: asked again when the first of the kinds that are sent ends', () => {
    const rights = { audioEndsMs: T + 5, videoEndsMs: T + 3 };
    expect(rightsEndMs(rights, both)).toBe(T + 3);
    expect(rightsEndMs(rights, sound)).toBe(T + 5);
    expect(rightsEndMs({ audioEndsMs: neverEndsMs }, sound)).toBeUndefined();
    expect(rightsEndMs(undefined, both)).toBeUndefined();
  });

  test('RIGHT4: what allows nothing is not recorded', () => {
    expect(recordedRights(undefined)).toEqual({});
    expect(recordedRights({})).toEqual({});
    expect(recordedRights({ audioEndsMs: 5 })).toEqual({ publish: { audioEndsMs: 5 } });
  });
});
