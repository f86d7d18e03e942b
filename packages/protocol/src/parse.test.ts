import { describe, expect, test } from 'bun:test';
import fixtures from '../fixtures/frames.json';
import {
  type ClientFrame,
  codes,
  parseClientFrame,
  rosterPageMembersMax,
  rosterWindowMembersMax,
  type ServerFrame,
} from './index.ts';

type Case = { name: string; frame: unknown; code?: string; names?: string };
const clientFixtures = Object.entries(
  fixtures.client as unknown as Record<string, { valid: Case[]; invalid: Case[] }>,
);

describe('parseClientFrame', () => {
  for (const [type, { valid, invalid }] of clientFixtures) {
    for (const { name, frame } of valid)
      test(`WIRE1: ${type}, ${name}: is taken as sent`, () => {
        expect(parseClientFrame(JSON.stringify(frame))).toEqual({ ok: true, frame: frame as ClientFrame });
      });
    for (const { name, frame, code, names } of invalid)
      test(`WIRE2: ${type}, ${name}: is refused by name`, () => {
        const parsed = parseClientFrame(JSON.stringify(frame));
        expect(parsed).toMatchObject({ ok: false, code });
        if (names && !parsed.ok) expect(parsed.detail).toContain(names);
      });
  }

  for (const { name, text, code, names } of fixtures.notFrames)
    test(`WIRE2: ${name}: is refused`, () => {
      const parsed = parseClientFrame(text);
      expect(parsed).toMatchObject({ ok: false, code });
      if (names && !parsed.ok) expect(parsed.detail).toContain(names);
    });

  test('WIRE2: a refusal carries the id of the request, if it had a legal one', () => {
    expect(parseClientFrame('{"type":"set-role","id":7,"role":"host"}')).toMatchObject({ id: 7 });
    expect(parseClientFrame('{"type":"nonsense","id":7}')).toMatchObject({ id: 7 });
    expect(parseClientFrame('{"type":"set-role","id":"7","role":"audience"}')).not.toHaveProperty('id');
  });

  test('WIRE2: JSON nested deeper than the stack is refused, not thrown', () => {
    expect(parseClientFrame('['.repeat(32_000)).ok).toBe(false);
    expect(parseClientFrame(`{"type":${'['.repeat(10_000)}${']'.repeat(10_000)}}`).ok).toBe(false);
  });

  test('WIRE2: a long unknown name does not make a long answer', () => {
    const parsed = parseClientFrame(JSON.stringify({ type: 'bye', ['x'.repeat(30_000)]: 1 }));
    expect(parsed.ok ? 'taken' : parsed.detail.length).toBeLessThan(100);
  });

  test('WIRE2: a value that no fixture thought of never throws and is never taken', () => {
    const values = [null, -0.5, 1e308, '', '\u0000', [], {}, true, 'x'.repeat(2000)];
    for (const [, { valid }] of clientFixtures)
      for (const { frame } of valid)
        for (const name of Object.keys(frame as object))
          for (const value of values) {
            const parsed = parseClientFrame(JSON.stringify({ ...(frame as object), [name]: value }));
            if (parsed.ok)
              expect([
                ['audio', 'video', 'linkAwaited'].includes(name) && value === true,
                name === 'token',
                // A list may be empty.
                name === 'messages' && Array.isArray(value),
              ]).toContain(true);
          }
  });
});

describe('fixtures', () => {
  test('WIRE1: hold every frame type of both directions', () => {
    const client: Record<ClientFrame['type'], true> = {
      hello: true,
      bye: true,
      ping: true,
      'set-role': true,
      'renew-token': true,
      link: true,
      'subscribe-roster': true,
      'unsubscribe-roster': true,
      streams: true,
      'tell-info': true,
      'stream-messages': true,
      select: true,
    };
    const server: Record<ServerFrame['type'], true> = {
      welcome: true,
      closing: true,
      pong: true,
      ok: true,
      error: true,
      'roster-snapshot': true,
      'roster-changes': true,
      'roster-interrupted': true,
      'roster-linked': true,
      'roster-count': true,
      'roster-window': true,
      'roster-window-changes': true,
      'host-joined': true,
      'host-left': true,
      'host-streams': true,
      'host-info': true,
      'host-messages': true,
      'media-restarted': true,
      'ice-servers': true,
      'media-layer': true,
      'token-will-expire': true,
    };
    expect(Object.keys(fixtures.client).sort()).toEqual(Object.keys(client).sort());
    expect(Object.keys(fixtures.server).sort()).toEqual(Object.keys(server).sort());
    for (const [type, examples] of Object.entries(fixtures.server))
      for (const example of examples) expect<string>(example.type).toBe(type);
  });

  test('WIRE1: server examples keep the rules of their fields', () => {
    for (const { code } of [...fixtures.server.closing, ...fixtures.server.error])
      expect(Object.keys(codes)).toContain(code);
    for (const { from, to, changes } of fixtures.server['roster-changes']) {
      expect(changes.map(({ seq }) => seq)).toEqual(changes.map((_, index) => from + index));
      expect(changes.at(-1)?.seq).toBe(to);
    }
    for (const { members } of fixtures.server['roster-snapshot'])
      expect(members.length).toBeLessThanOrEqual(rosterPageMembersMax);
    for (const { members, count } of fixtures.server['roster-window'])
      expect(members.length).toBeLessThanOrEqual(Math.min(rosterWindowMembersMax, count));
    for (const { count, hosts, audience } of [
      ...fixtures.server['roster-count'],
      ...fixtures.server['roster-window'],
      ...fixtures.server['roster-window-changes'],
    ])
      expect(hosts + audience).toBe(count);
  });
});
