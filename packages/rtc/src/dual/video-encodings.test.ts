import { afterEach, beforeEach, expect, test } from 'bun:test';
import type { LowStreamParameter } from '../api/configurations.ts';
import { AgoraRTCException } from '../errors.ts';
import { FakeMediaServer, FakePeerConnection } from '../testing/fake-media.ts';
import { DualStream } from './dual-stream.ts';
import { addVideoSender, encodePicture } from './video-encodings.ts';

let server: FakeMediaServer;
beforeEach(() => {
  server = new FakeMediaServer().install();
});
afterEach(() => server.restore());

function senderOf(connection = new FakePeerConnection()) {
  const { sender } = addVideoSender(connection as unknown as RTCPeerConnection, []);
  return { sender, encodings: () => sender.getParameters().encodings };
}

test('SDK120: a picture is offered in two sizes, the small one first and not sent, wherever the browser can', () => {
  expect(senderOf().encodings()).toEqual([
    { rid: 'l', active: false, scaleResolutionDownBy: 4 },
    { rid: 'h', active: true },
  ]);
  // One that ignores what it is asked for, and one that refuses it.
  FakePeerConnection.layers = 'ignored';
  expect(senderOf().encodings()).toEqual([{}]);
  FakePeerConnection.layers = 'refused';
  expect(senderOf().encodings()).toEqual([{}]);
});

test('SDK121: the small picture is sent or not, in its width and rate, and never slows the large one down', async () => {
  const { sender, encodings } = senderOf();
  const dual = new DualStream();
  dual.set({ width: 320, height: 180, framerate: 5, bitrate: 140 });
  const encoder = { bitrateMax: 1_500, frameRate: 30 };
  await encodePicture(sender, { encoder, dual, width: 1_280 });
  const low = { rid: 'l', active: false, scaleResolutionDownBy: 4, maxBitrate: 140_000 };
  const high = { rid: 'h', active: true, maxBitrate: 1_500_000, maxFramerate: 30 };
  expect(encodings()).toEqual([low, high]);
  dual.setMode(1);
  await encodePicture(sender, { encoder, dual, width: 640 });
  expect(encodings()).toEqual([{ ...low, active: true, scaleResolutionDownBy: 2 }, high]);
  // A source that is smaller than the small picture is not made larger.
  await encodePicture(sender, { encoder, dual, width: 160 });
  expect(encodings()?.[0]?.scaleResolutionDownBy).toBe(1);
  dual.setMode(0);
  await encodePicture(sender, { encoder, dual, width: 640 });
  expect(encodings()?.[0]?.active).toBe(false);
});

test('SDK122: a server that takes one picture gets the large one', async () => {
  const { sender, encodings } = senderOf();
  // What a browser does at an answer without simulcast: the first is left.
  await sender.setParameters({ ...sender.getParameters(), encodings: encodings()?.slice(0, 1) ?? [] });
  await encodePicture(sender, { encoder: { bitrateMax: 500 }, dual: new DualStream(), width: 640 });
  expect(encodings()).toEqual([{ rid: 'l', active: true, scaleResolutionDownBy: 1, maxBitrate: 500_000 }]);
});

test('SDK123: what is asked of the small picture is checked, and what is left out stays', () => {
  const dual = new DualStream();
  expect(dual.low).toEqual({ width: 160, kilobits: 50 });
  dual.set({ width: { ideal: 320 }, height: { max: 180 }, bitrate: 200 });
  dual.set({ width: 640, height: 360 });
  expect(dual.low).toEqual({ width: 640, kilobits: 200 });
  const codeOf = (call: () => void): string | undefined => {
    try {
      call();
    } catch (error) {
      if (error instanceof AgoraRTCException) return error.code;
    }
    return undefined;
  };
  for (const wrong of [
    undefined,
    'small',
    { width: 0, height: 1 },
    { width: 1, height: -1 },
    { width: 1, height: Number.NaN },
  ])
    expect(codeOf(() => dual.set(wrong as LowStreamParameter))).toBe('INVALID_PARAMS');
  expect(codeOf(() => dual.setMode(2))).toBe('INVALID_PARAMS');
  expect(dual.isOn).toBe(false);
  for (const [mode, isOn] of [
    [-1, true],
    [0, false],
    [1, true],
  ] as const) {
    dual.setMode(mode, { width: 320, height: 240 });
    expect({ isOn: dual.isOn, width: dual.low.width }).toEqual({ isOn, width: 320 });
  }
});
