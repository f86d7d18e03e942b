import { describe, expect, test } from 'bun:test';
import { limits as defaults } from '../../limits.ts';
import type { Limits } from '../limit-settings.ts';
import { limitWarnings } from './combinations.ts';

const ofServer = (limits: Partial<Limits>, own = {}) =>
  limitWarnings({ limits: { ...defaults, ...limits }, apps: [{ id: 'a', limits: own }] });

describe('limits that do not go together', () => {
  test('LIMIT10: the defaults do', () => expect(ofServer({})).toEqual([]));

  test.each<[Partial<Limits>, string[]]>([
    [
      { socketBacklogBytesMax: 4 * 1024 * 1024 - 1 },
      ['limits.socketBacklogBytesMax (4194303)', '(signalingFrameLengthMax, 1048576)'],
    ],
    [
      { signalingUserBacklogBytesMax: 2 * 1024 * 1024 + 1 },
      ['limits.signalingUserBacklogBytesMax (2097153)', 'limits.socketBacklogBytesMax (4194304)'],
    ],
    [
      { channelHostsMax: 5, channelHostsReserved: 5 },
      ['limits.channelHostsReserved (5)', 'limits.channelHostsMax (5)'],
    ],
  ])('LIMIT10: %j is told once, with both', (limits, both) => {
    const found = ofServer(limits);
    expect(found).toHaveLength(1);
    for (const name of both) expect(found[0]?.message).toContain(name);
    expect(found[0]).not.toHaveProperty('app');
  });

  test('LIMIT10: what stands at the edge goes together', () => {
    expect(ofServer({ signalingUserBacklogBytesMax: 2 * 1024 * 1024 })).toEqual([]);
    expect(ofServer({ channelHostsMax: 17 })).toEqual([]);
  });

  test('LIMIT10: of an app with limits of its own it is told which one', () => {
    expect(ofServer({}, { channelHostsMax: 16 })).toMatchObject([{ app: 'a' }]);
    expect(ofServer({ channelHostsMax: 16 }, { channelHostsMax: 17 })).toHaveLength(1);
  });
});
