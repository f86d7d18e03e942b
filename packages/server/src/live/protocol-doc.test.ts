import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import {
  byeGraceMsMax,
  clientFrameBytesMax,
  codes,
  parseClientFrame,
  rosterPageMembersMax,
  rosterWindowMembersMax,
} from '@housecount/protocol';
import fixtures from '@housecount/protocol/fixtures/frames.json';
import { fixed } from '../fixed-limits.ts';
import { limits } from '../limits.ts';

const text = readFileSync(new URL('../../../../docs/protocol.md', import.meta.url), 'utf8');
const examples = [...text.matchAll(/```json\n([\s\S]*?)```/g)].map(
  ([, json = '']) => JSON.parse(json) as { type: string },
);
const clientTypes = Object.keys(fixtures.client);
const serverFixtures: Readonly<Record<string, readonly object[]>> = fixtures.server;

/** Every path of field names in a value, such as `hosts.uid`. */
function paths(value: unknown, at = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => paths(item, at));
  if (typeof value !== 'object' || value === null) return [at];
  return Object.entries(value).flatMap(([name, inner]) => paths(inner, at ? `${at}.${name}` : name));
}

test('WIRE1: every example in docs/protocol.md is a frame of the protocol', () => {
  expect(examples.length).toBeGreaterThan(20);
  for (const example of examples) {
    if (clientTypes.includes(example.type)) {
      expect(parseClientFrame(JSON.stringify(example))).toMatchObject({ ok: true });
      continue;
    }
    const known = new Set((serverFixtures[example.type] ?? []).flatMap((frame) => paths(frame)));
    expect([example.type, paths(example).filter((path) => !known.has(path))]).toEqual([example.type, []]);
  }
});

test('WIRE1: docs/protocol.md has a section for every frame type, and names every field of it', () => {
  const sections = new Map(text.split(/^### /m).map((section) => [section.split('\n', 1)[0] ?? '', section]));
  for (const type of [...clientTypes, ...Object.keys(serverFixtures)])
    expect([...sections.keys()]).toContain(type);
  for (const [type, { valid }] of Object.entries(fixtures.client))
    for (const { frame } of valid)
      for (const field of Object.keys(frame))
        if (field !== 'type') expect(`${type}: ${sections.get(type)}`).toContain(`\`${field}\``);
  for (const [type, frames] of Object.entries(serverFixtures))
    for (const frame of frames)
      for (const field of Object.keys(frame))
        if (field !== 'type') expect(`${type}: ${sections.get(type)}`).toContain(`\`${field}\``);
});

test('WIRE1: docs/protocol.md lists every code as it is', () => {
  for (const [code, { close, retry, message }] of Object.entries(codes))
    expect(text).toContain(`| \`${code}\` | ${close} | ${retry ? 'yes' : 'no'} | ${message} |`);
});

test('WIRE1: docs/protocol.md states the limits as they are', () => {
  const number = (value: number) => value.toLocaleString('en');
  for (const [what] of [
    [`at most ${number(clientFrameBytesMax)} bytes`],
    [`beyond ${number(4 * clientFrameBytesMax)} bytes`],
    [`At most ${limits.framesPerSecondMax} frames per second`],
    [`bursts of up to ${limits.framesPerSecondMax * 5}`],
    [`within ${limits.helloMs / 1000} s`],
    [`\`pingMs\` (${number(fixed.pingMs)})`],
    [`After ${number(fixed.silentMs)} ms of silence`],
    [`at most ${number(rosterPageMembersMax)}, in order of arrival`],
    [`the first 50 members in order of arrival; 1 to ${number(rosterWindowMembersMax)}`],
    [`while ${limits.rosterWindowsMax} different windows`],
    [`every ${fixed.rosterViewLeastMs} ms to few readers`],
    [`to many at most every ${fixed.rosterMergeMs} ms, in a channel of more than`],
    [`more than ${number(fixed.rosterMergeMembersMin)} members at most every ${fixed.rosterViewMs} ms`],
    [`at least the last ${number(limits.rosterRingChangesMax)} changes`],
    [`until ${limits.rosterRingIdleMs / 1000} s after its last reader`],
    [`Up to ${limits.pendingFramesMax} may wait`],
    [`merged for up to ${fixed.rosterMergeMs} ms`],
    [`Default 0: leave at once. 0 to ${byeGraceMsMax}.`],
    [`when there are ${limits.channelHostsMax} broadcasters`],
  ] as const)
    expect([what, text.replace(/\s+/g, ' ').includes(what)]).toEqual([what, true]);
});
