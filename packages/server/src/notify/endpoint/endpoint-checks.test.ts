import { expect, test } from 'bun:test';
import { appForTests, LifeForTests } from '../../../testing/worlds/notify-log.ts';
import {
  endpointChannelsProblem,
  endpointHeadersProblem,
  endpointSecretsProblem,
} from './endpoint-checks.ts';
import { endpointFilter } from './endpoint-filter.ts';
import { withAdded } from './reserved-headers.ts';

test.each([
  [{}, undefined],
  [{ 'X-Key': 'a b', 'x-empty': '' }, undefined],
  [{ Authorization: 'Bearer x' }, undefined],
  [{ 'Agora-Signature-V2': 'x' }, /own to set/],
  [{ 'agora-signature-v3': 'x' }, /own to set/],
  [{ 'CONTENT-LENGTH': '1' }, /own to set/],
  [{ hOsT: 'x' }, /own to set/],
  [{ 'webhook-id': 'x' }, /own to set/],
  [{ 'Transfer-Encoding': 'chunked' }, /own to set/],
  [{ 'a b': 'x' }, /name is/],
  [{ 'a:': 'x' }, /name is/],
  [{ '': 'x' }, /name is/],
  [{ ['n'.repeat(65)]: 'x' }, /name is/],
  [{ a: 'x\r\nb: y' }, /value of a/],
  [{ a: ' x' }, /value of a/],
  [{ a: 'x ' }, /value of a/],
  [{ a: 'ü' }, /value of a/],
  [{ a: 'x'.repeat(1_025) }, /value of a/],
  [{ a: 'x', A: 'y' }, /twice/],
  [Object.fromEntries(Array.from({ length: 21 }, (_, at) => [`h${at}`, ''])), /at most 20/],
] as [Record<string, string>, RegExp | undefined][])('HOOK63: headers %j', (headers, problem) => {
  if (problem) expect(endpointHeadersProblem(headers)).toMatch(problem);
  else expect(endpointHeadersProblem(headers)).toBeUndefined();
});

test("HOOK63: what slipped through the checks still does not take the place of Housecount's own headers", () => {
  const own = { 'Content-Type': 'application/json', 'Agora-Signature': 'good' };
  expect(withAdded({ 'agora-signature': 'bad', 'content-type': 'text/plain', 'X-Key': '1' }, own)).toEqual({
    'X-Key': '1',
    ...own,
  });
});

const whsec = (bytes: number) => `whsec_${Buffer.alloc(bytes).toString('base64')}`;
test.each([
  ['one', [{ secret: 's' }], 'agora', undefined],
  ['two, the first ending', [{ secret: 's', endsMs: 5 }, { secret: 't' }], 'agora', undefined],
  ['none', [], 'agora', /1 to 2/],
  ['three', [{ secret: 'a' }, { secret: 'b' }, { secret: 'c' }], 'agora', /1 to 2/],
  ['blank', [{ secret: ' ' }], 'agora', /characters/],
  ['too long', [{ secret: 's'.repeat(257) }], 'agora', /characters/],
  ['the same twice', [{ secret: 's' }, { secret: 's' }], 'agora', /the same/],
  ['the last ends', [{ secret: 's', endsMs: 5 }], 'agora', /must not end/],
  ['half a millisecond', [{ secret: 's', endsMs: 0.5 }, { secret: 't' }], 'agora', /epoch/],
  ['whsk_ for agora', [{ secret: `whsk_${'A'.repeat(43)}=` }], 'agora', /cannot sign/],
  ['whsk_', [{ secret: `whsk_${'A'.repeat(43)}=` }], 'standard', undefined],
  ['whsk_ too short', [{ secret: 'whsk_AAAA' }], 'standard', /32 or 64/],
  ['whsec_', [{ secret: whsec(24) }], 'standard', undefined],
  ['whsec_ too short', [{ secret: whsec(23) }], 'standard', /24 to 64/],
  ['whsec_ too long', [{ secret: whsec(65) }], 'standard', /24 to 64/],
  ['whsec_ not base64', [{ secret: 'whsec_!' }], 'standard', /24 to 64/],
] as [string, { secret: string; endsMs?: number }[], 'agora' | 'standard', RegExp | undefined][])(
  'HOOK60: secrets: %s',
  (_name, secrets, format, problem) => {
    const said = endpointSecretsProblem(secrets, format);
    if (problem) expect(said).toMatch(problem);
    else expect(said).toBeUndefined();
  },
);

test('HOOK62: a channel filter is names and patterns, at most 100 of 128 characters', () => {
  expect(endpointChannelsProblem(['a', 'live-*'])).toBeUndefined();
  expect(endpointChannelsProblem([''])).toMatch(/1 to 128/);
  expect(endpointChannelsProblem(['c'.repeat(129)])).toMatch(/1 to 128/);
  expect(endpointChannelsProblem(Array.from({ length: 101 }, String))).toMatch(/at most 100/);
});

test('HOOK62: an event is for an endpoint if app, type and one of the channels fit', () => {
  const isFor = endpointFilter({ app: appForTests, events: [101], channels: ['lobby', 'live-*'] });
  const open = (channel: string, app = appForTests) => new LifeForTests(channel, app).open();
  expect(
    ['lobby', 'live-', 'live-1', 'live', 'Lobby', 'lobby2'].map((name) => isFor(open(name), 101)),
  ).toEqual([true, true, true, false, false, false]);
  expect(isFor(open('lobby'), 101)).toBe(true);
  expect(isFor(open('lobby'), 102)).toBe(false);
  expect(isFor(open('lobby', 'f'.repeat(32)), 101)).toBe(false);
});
