import { expect, test } from 'bun:test';
import { knownFrames, parseClientFrame } from '@housecount/protocol';
import { type Shape, string, userId } from '../index.ts';
import { frameTables } from '../text/live-frames.ts';
import { parserFields } from '../text/parser-fields.ts';
import { typesModule } from '../text/typescript.ts';
import { liveFrames } from './live-frames.ts';
import { liveServerFrames } from './live-server-frames.ts';
import { signalingFrames } from './signaling-frames.ts';
import { signalingServerFrames } from './signaling-server-frames.ts';

/** A frame with one field more, which may be absent: all that whoever adds one writes. */
const withField = (frame: Shape, name: string, shape: Shape): Shape => ({
  ...frame,
  properties: { ...(frame.properties as Readonly<Record<string, Shape>>), [name]: shape },
});

const note = string('Why.', { maxLength: 5 });
const bye = withField(liveFrames.bye, 'note', note);
const row = '| `note` (optional) | `string` | Why. At most 5 characters. |';
const declaration = '/** Why. */\n  readonly note?: string;';

test("SHAPE14: a field that is added to a client's frame is in its type, its table and its parser", () => {
  expect(typesModule([bye])).toContain('export interface ByeFrame {');
  expect(typesModule([bye])).toContain(declaration);
  expect(frameTables({ bye })['fields of bye']).toContain(row);
  const known = knownFrames(parserFields({ ...liveFrames, bye }));
  const said = (frame: object) => parseClientFrame(JSON.stringify(frame), known);
  for (const text of ['', 'spam', '😀😀😀😀😀']) {
    const frame = { type: 'bye', note: text } as const;
    expect<unknown>(said(frame)).toEqual({ ok: true, frame });
  }
  const refusal = { ok: false, code: 'frame_invalid' };
  const detail = '"note" must be a text of at most 5 characters.';
  for (const value of ['too long', 7, null])
    expect(said({ type: 'bye', note: value })).toEqual({ ...refusal, detail } as never);
  expect(said({ type: 'ping', note: 'spam' })).toMatchObject({ detail: 'Unknown field "note".' });
  // Without the field, the parser knows none.
  expect(parseClientFrame('{"type":"bye","note":"spam"}')).toMatchObject(refusal);
});

test("SHAPE14: a field that is added to a server's frame is in its type and its table", () => {
  for (const [type, frame] of Object.entries(liveServerFrames)) {
    const more = withField(frame, 'note', note);
    expect([type, typesModule([more])]).toEqual([type, expect.stringContaining(declaration)]);
    expect(frameTables({ [type]: more })[`fields of ${type}`]).toContain(row);
  }
});

test('SHAPE15: a field that is added to a signaling frame is in its type', () => {
  for (const [type, frame] of Object.entries({ ...signalingFrames, ...signalingServerFrames })) {
    const more = typesModule([withField(frame, 'note', note)]);
    expect([type, more]).toEqual([type, expect.stringContaining(declaration)]);
  }
});

test('SHAPE14: a keyword that the parser does not know is refused where its fields are made', () => {
  const known = withField(liveFrames.bye, 'by', userId('Who.'));
  expect(parserFields({ bye: known }).bye?.by).toMatchObject({ code: 'invalid_user_id', isRequired: false });
  for (const keyword of ['format', 'x-utf8BytesMax', 'uniqueItems']) {
    const strange = withField(liveFrames.bye, 'note', string('Why.', { [keyword]: 1 }));
    expect(() => parserFields({ bye: strange })).toThrow(`does not know the keyword ${keyword}`);
  }
});
