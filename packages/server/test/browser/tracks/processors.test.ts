import { expect, test } from 'bun:test';
import type { Page } from 'playwright-core';
import { until } from '../../../testing/processes/server-process.ts';
import { makersProcessors } from './makers-processors.ts';
import { hears, inPage, stage, type Window } from './stage.ts';

const { enter } = stage();

/** A page of the room that has the makers' processors. */
type Makers = Window & {
  // biome-ignore lint/suspicious/noExplicitAny: processors are classes of the page.
  readonly makers: any;
};

async function enterWithMakers(channel: string, uid: number, role: 'host' | 'audience'): Promise<Page> {
  const page = await enter(channel, uid, role);
  await page.evaluate(makersProcessors);
  return page;
}

const inMakers = <T>(page: Page, act: (window: Makers) => T | Promise<T>): Promise<T> =>
  inPage(page, act as (window: Window) => T | Promise<T>);

/** The fake camera's picture is green; turned into its opposite it is the colour between red and blue. */
const isNegative = ([red, green, blue]: readonly number[]): boolean =>
  (red ?? 0) > (green ?? 0) + 40 && (blue ?? 0) > (green ?? 0) + 40;
const isUsual = ([red, green, blue]: readonly number[]): boolean =>
  (green ?? 0) > (red ?? 0) + 40 && (green ?? 0) > (blue ?? 0) + 40;

/** Waits until the picture in an element of the page is turned into its opposite, or as the camera gave it. */
async function sees(page: Page, where: 'local' | 'remote', negative: boolean): Promise<void> {
  let seen: readonly number[] = [];
  await until(`the ${negative ? 'negative' : 'usual'} picture in ${where}`, async () => {
    seen = await inPage(
      page,
      ({ colour }, id: string) => colour(document.querySelector(`#${id} video`)),
      where,
    );
    return negative ? isNegative(seen) : isUsual(seen);
  }).catch((error: Error) => {
    throw new Error(`${error.message}; seen: ${seen}`);
  });
}

test('SDK163: the picture that a processor makes is sent and shown, through mute, another camera, off and on; unpiped it is the camera again', async () => {
  const host = await enterWithMakers('negative', 1, 'host');
  const viewer = await enter('negative', 2, 'audience');
  await sees(host, 'local', false);
  await sees(viewer, 'remote', false);
  const refused = await inMakers(host, ({ AgoraRTC, makers, room }) => {
    const code = (act: () => void): string => {
      try {
        act();
      } catch (error) {
        return (error as { code?: string }).code ?? (error as Error).message;
      }
      return 'nothing';
    };
    const early = code(() => makers.negative.createProcessor());
    AgoraRTC.registerExtensions([makers.negative, makers.tone]);
    room.negative = makers.negative.createProcessor();
    room.updates = 0;
    room.tracks[1].on('track-updated', () => (room.updates += 1));
    return [
      early,
      code(() => AgoraRTC.registerExtensions([{}])),
      code(() => room.tracks[0].pipe(room.negative)),
      code(() => room.tracks[1].pipe({})),
    ];
  });
  expect(refused).toEqual(['not registered', 'INVALID_PARAMS', 'INVALID_PARAMS', 'INVALID_PARAMS']);

  // A chain without an end changes nothing yet.
  await inMakers(host, ({ room }) => room.tracks[1].pipe(room.negative));
  await sees(viewer, 'remote', false);
  const chained = await inMakers(host, ({ AgoraRTC, makers, room }) => {
    const [, camera] = room.tracks;
    const other = AgoraRTC.createCustomVideoTrack({
      mediaStreamTrack: document.createElement('canvas').captureStream().getVideoTracks()[0],
    });
    let twice = 'nothing';
    try {
      other.pipe(room.negative);
    } catch (error) {
      twice = (error as { code: string }).code;
    }
    const next = room.negative.pipe(camera.processorDestination);
    return [next === camera.processorDestination, twice, makers !== undefined];
  });
  expect(chained).toEqual([true, 'INVALID_OPERATION', true]);
  await sees(host, 'local', true);
  await sees(viewer, 'remote', true);

  await inMakers(host, ({ room }) => room.tracks[1].setMuted(true));
  expect(await inMakers(host, ({ room }) => room.tracks[1].getMediaStreamTrack().enabled)).toBe(false);
  await inMakers(host, ({ room }) => room.tracks[1].setMuted(false));
  await sees(viewer, 'remote', true);
  await inMakers(host, ({ room }) => room.tracks[1].setEnabled(false));
  await inMakers(host, ({ room }) => room.tracks[1].setEnabled(true));
  await sees(host, 'local', true);
  await sees(viewer, 'remote', true);
  const devices = await inMakers(host, async ({ AgoraRTC, room }) => {
    const [camera] = await AgoraRTC.getCameras();
    await room.tracks[1].setDevice(camera.deviceId);
    // Three cameras, one after the other: the first, that of on, and that of setDevice.
    return new Set(room.negative.told).size;
  });
  expect(devices).toBe(3);
  await sees(viewer, 'remote', true);

  await inMakers(host, ({ room }) => room.negative.disable());
  await sees(viewer, 'remote', false);
  await inMakers(host, ({ room }) => room.negative.enable());
  await sees(viewer, 'remote', true);
  await inMakers(host, ({ room }) => room.tracks[1].unpipe());
  await sees(host, 'local', false);
  await sees(viewer, 'remote', false);

  // Piped again, and closed while it is.
  await inMakers(host, ({ room }) => room.tracks[1].pipe(room.negative));
  await sees(viewer, 'remote', true);
  const closed = await inMakers(host, ({ room }) => {
    room.tracks[1].close();
    return [room.negative.context === undefined, room.client.localTracks.length];
  });
  expect(closed[0]).toBe(true);
  await until('the closed track is unpublished', async () =>
    inMakers(host, ({ room }) => room.client.localTracks.length === 1),
  );
}, 180_000);

test('SDK164: the sound that a processor makes is sent; volume and mute go on behind it; unpiped it is the source again', async () => {
  const host = await enterWithMakers('tone', 1, 'host');
  const viewer = await enter('tone', 2, 'audience');
  await inMakers(host, async ({ AgoraRTC, makers, room, wave }) => {
    AgoraRTC.registerExtensions([makers.tone]);
    await room.client.unpublish(room.tracks[0]);
    room.file = await AgoraRTC.createBufferSourceAudioTrack({ source: wave(3000) });
    room.file.startProcessAudioBuffer({ loop: true });
    await room.client.publish(room.file);
    room.tone = makers.tone.createProcessor(5000);
  });
  await hears(viewer, 3000);
  await inMakers(host, ({ room }) => room.file.pipe(room.tone).pipe(room.file.processorDestination));
  await hears(viewer, 5000);
  await inMakers(host, ({ room }) => room.file.setVolume(0));
  await hears(viewer, 5000, false);
  await inMakers(host, ({ room }) => room.file.setVolume(100));
  await hears(viewer, 5000);
  await inMakers(host, ({ room }) => room.file.setMuted(true));
  await hears(viewer, 5000, false);
  await inMakers(host, ({ room }) => room.file.setMuted(false));
  await hears(viewer, 5000);
  await inMakers(host, ({ room }) => room.tone.disable());
  await hears(viewer, 3000);
  await inMakers(host, ({ room }) => room.tone.enable());
  await hears(viewer, 5000);
  await inMakers(host, ({ room }) => room.file.unpipe());
  await hears(viewer, 3000);
}, 180_000);

test('SDK165: a viewer processes what comes to it, before it plays it', async () => {
  await enter('remote', 1, 'host');
  const viewer = await enterWithMakers('remote', 2, 'audience');
  await sees(viewer, 'remote', false);
  await inMakers(viewer, async ({ AgoraRTC, makers, room }) => {
    AgoraRTC.registerExtensions([makers.negative, makers.tone]);
    const [{ audioTrack, videoTrack }] = room.client.remoteUsers;
    room.negative = makers.negative.createProcessor();
    room.tone = makers.tone.createProcessor(5000);
    videoTrack.pipe(room.negative).pipe(videoTrack.processorDestination);
    audioTrack.pipe(room.tone).pipe(audioTrack.processorDestination);
  });
  await sees(viewer, 'remote', true);
  await hears(viewer, 5000);
  expect(
    await inMakers(viewer, ({ room }) =>
      room.negative.context.requestApplyConstraints({}, room.negative).then(
        () => 'nothing',
        (error: { code: string }) => [error.code, room.negative.context.getDirection()],
      ),
    ),
  ).toEqual(['NOT_SUPPORTED', 'remote']);

  await inMakers(viewer, ({ room }) => {
    const [{ audioTrack, videoTrack }] = room.client.remoteUsers;
    videoTrack.unpipe();
    audioTrack.unpipe();
  });
  await sees(viewer, 'remote', false);
  await hears(viewer, 5000, false);
}, 180_000);

test('SDK166: a processor asks the device for constraints, tells statistics and usage, and what it asked for goes with it', async () => {
  const host = await enterWithMakers('constraints', 1, 'host');
  const seen = await inMakers(host, async ({ makers, room }) => {
    const [, camera] = room.tracks;
    const stage = Object.assign(new makers.Stage('small', 'video'), {
      work(this: { input: object; output(made: object): void }) {
        this.output(this.input);
      },
    });
    camera.pipe(stage).pipe(camera.processorDestination);
    const width = (): number => camera.getMediaStreamTrack().getSettings().width;
    const { context } = stage;
    const usual = width();
    await context.requestApplyConstraints({ width: { exact: 320 }, height: { exact: 240 } }, stage);
    const asked = width();
    const refused = await context.requestApplyConstraints({ width: { exact: 100_000 } }, stage).then(
      () => 'nothing',
      (error: { code: string }) => error.code,
    );
    context.registerStats(stage, 'fps', () => 7);
    context.registerUsage(stage, () => ({ id: 'x', value: 1, level: 2 }));
    const stats = context.gatherStats();
    const usage = await context.gatherUsage();
    context.unregisterStats(stage, 'fps');
    context.unregisterUsage(stage);
    const none = [context.gatherStats(), await context.gatherUsage()];
    // Another camera is asked as well.
    await camera.setEnabled(false);
    await camera.setEnabled(true);
    for (let i = 0; i < 100 && width() !== 320; i += 1)
      await new Promise((resolve) => setTimeout(resolve, 50));
    const again = width();
    camera.unpipe();
    for (let i = 0; i < 100 && width() !== usual; i += 1)
      await new Promise((resolve) => setTimeout(resolve, 50));
    return {
      usual,
      asked,
      refused,
      stats: stats.map((each: { type: string; stats: number }) => [each.type, each.stats]),
      usage,
      none,
      again,
      after: width(),
    };
  });
  expect(seen).toEqual({
    ...{ usual: 640, asked: 320, refused: 'CONSTRAINT_NOT_SATISFIED', again: 320, after: 640 },
    stats: [['fps', 7]],
    usage: [{ id: 'x', value: 1, level: 2, direction: 'local' }],
    none: [[], []],
  });
}, 180_000);
