import { expect, test } from 'bun:test';
import {
  knownFrames,
  knownSignalingFrames,
  parseClientFrame,
  parseSignalingFrame,
  signalingErrors,
} from '@housecount/protocol';
import { anyOf, array, boolean, closed, object, refusing, type Shape, string, userId } from '../index.ts';
import { frameTables } from '../text/live-frames.ts';
import { parserFields } from '../text/parser-fields.ts';
import { signalingFields } from '../text/signaling-fields.ts';
import { typesModule } from '../text/typescript.ts';
import { liveFrames } from './live-frames.ts';
import { liveServerFrames } from './live-server-frames.ts';
import { numbered } from './signaling-client-words.ts';
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

/** The parser's answer to a `logout` with this field, which the shape has. */
const loggingOut = (shape: Shape) => {
  const logout = withField(signalingFrames.logout, 'note', shape);
  const known = knownSignalingFrames(signalingFields({ ...signalingFrames, logout }));
  return (value: unknown, more: object = {}) =>
    parseSignalingFrame(JSON.stringify({ type: 'logout', note: value, ...more }), known);
};

test("SHAPE15: a field that is added to a signaling client's frame is taken and refused as its shape says", () => {
  const few = { allOf: [refusing({ 'x-utf8BytesMax': 5 }, { says: 'Be short.', code: 'frame_too_large' })] };
  const said = loggingOut(numbered(signalingErrors.invalidMessage, string('Why.', few), 'a text'));
  for (const text of ['', 'spam']) {
    const frame = { type: 'logout', note: text } as const;
    expect<unknown>(said(text)).toEqual({ ok: true, frame });
  }
  const refusal = { ok: false, code: 'frame_invalid' };
  const { invalidMessage: errorCode, invalidParameter } = signalingErrors;
  for (const value of [7, null])
    expect<unknown>(said(value)).toEqual({ ...refusal, errorCode, detail: '"note" must be a text.' });
  expect<unknown>(said('too long')).toEqual({
    ok: false,
    code: 'frame_too_large',
    errorCode: invalidParameter,
    detail: 'Be short.',
  });
  const unknown = { ...refusal, errorCode: invalidParameter, detail: 'Unknown field "note".' };
  expect<unknown>(said('spam', { type: 'ping' })).toEqual(unknown);
  // Without the field, the parser knows none.
  expect<unknown>(parseSignalingFrame('{"type":"logout","note":"spam"}')).toEqual(unknown);
});

test('SHAPE15: a field without words of its own is refused with those of its keywords, one within another with those of that', () => {
  const said = loggingOut(closed({ list: array(string(undefined, { 'x-utf16LengthMax': 1 })) }));
  expect(said({ list: ['x'] })).toMatchObject({ ok: true });
  for (const value of [7, {}, { list: 7 }, { list: ['xx'] }, { list: [], more: 1 }])
    expect(said(value)).toMatchObject({ detail: '"note" must be an object.' });
  const inside = loggingOut(closed({ list: refusing(array(string()), { must: 'a list' }) }));
  expect(inside({})).toMatchObject({ detail: '"note.list" is missing.' });
  expect(inside({ list: 7 })).toMatchObject({ detail: '"note.list" must be a list.' });
  expect(inside({ list: [], more: 1 })).toMatchObject({ detail: 'Unknown field "note.more".' });
});

test('SHAPE15: what the parser of signaling frames could not hold a field to is refused where its fields are made', () => {
  for (const keyword of ['format', 'minItems', 'uniqueItems', 'not'])
    expect(() => loggingOut(string('Why.', { [keyword]: 1 }))).toThrow(
      `does not know the keyword ${keyword}`,
    );
  expect(() => loggingOut(object({ open: string() }))).toThrow('only objects that are closed');
  const worded = refusing(string(), { must: 'a text' });
  for (const field of [object({ worded }), closed({ worded }, { maxProperties: 1 })])
    for (const shape of [field, anyOf(field, closed({ worded })), { ...anyOf(closed({ worded })), not: {} }])
      expect(() => loggingOut(shape)).toThrow('only objects that are closed');
  for (const shape of [anyOf(worded, boolean()), anyOf(closed({ worded }), boolean())])
    expect(() => loggingOut(shape)).toThrow('cannot say these words here');
});

test('SHAPE14: a keyword that the parser does not know is refused where its fields are made', () => {
  const known = withField(liveFrames.bye, 'by', userId('Who.'));
  expect(parserFields({ bye: known }).bye?.by).toMatchObject({ code: 'invalid_user_id', isRequired: false });
  for (const keyword of ['format', 'minItems', 'uniqueItems', 'not']) {
    const strange = withField(liveFrames.bye, 'note', string('Why.', { [keyword]: 1 }));
    expect(() => parserFields({ bye: strange })).toThrow(`does not know the keyword ${keyword}`);
  }
  const worded = withField(
    liveFrames.bye,
    'note',
    closed({ worded: refusing(string(), { must: 'a text' }) }),
  );
  expect(() => parserFields({ bye: worded })).toThrow('cannot say these words here');
});
