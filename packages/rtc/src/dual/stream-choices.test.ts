import { expect, test } from 'bun:test';
import { RemoteStreamType } from '../enums.ts';
import { AgoraRTCException } from '../errors.ts';
import { checkFallback, layerFor, StreamChoices } from './stream-choices.ts';

function codeOf(call: () => void): string | undefined {
  try {
    call();
  } catch (error) {
    if (error instanceof AgoraRTCException) return error.code;
  }
  return undefined;
}

test('SDK124: what is said of a host goes before what is said of all, whichever was said first', () => {
  const choices = new StreamChoices();
  expect(layerFor(choices, 1)).toBe('high');
  choices.set(1, RemoteStreamType.HIGH_STREAM);
  choices.setUsual(RemoteStreamType.LOW_STREAM);
  choices.set('ann', RemoteStreamType.LOW_STREAM);
  expect([
    layerFor(choices, 1),
    layerFor(choices, 2),
    layerFor(choices, 'ann'),
    layerFor(choices, '1'),
  ]).toEqual(['high', 'low', 'low', 'low']);
  choices.setUsual(RemoteStreamType.HIGH_STREAM_LAYER1);
  expect([layerFor(choices, 2), layerFor(choices, 'ann')]).toEqual(['high', 'low']);
});

test('SDK124: types and options that are none are INVALID_PARAMS', () => {
  const choices = new StreamChoices();
  for (const wrong of [2, -1, 'LOW_STREAM', '1', undefined, null]) {
    expect(codeOf(() => choices.set(1, wrong as RemoteStreamType))).toBe('INVALID_PARAMS');
    expect(codeOf(() => choices.setUsual(wrong as RemoteStreamType))).toBe('INVALID_PARAMS');
  }
  expect(codeOf(() => checkFallback(99))).toBe('INVALID_PARAMS');
  expect([0, 1, 2].map((option) => codeOf(() => checkFallback(option)))).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  expect(layerFor(choices, 1)).toBe('high');
});
