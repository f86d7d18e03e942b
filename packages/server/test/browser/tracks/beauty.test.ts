import { expect, test } from 'bun:test';
import { until } from '../../../testing/processes/server-process.ts';
import { inPage, stage } from './stage.ts';

// WebGL without a graphics card.
const { enter } = stage(['--enable-unsafe-swiftshader', '--use-angle=swiftshader']);

test('SDK170: the beauty effect lightens what a viewer sees, through off and on, and gives the source back', async () => {
  const host = await enter('beauty', 1, 'host');
  const viewer = await enter('beauty', 2, 'audience');
  const brightness = (): Promise<number> =>
    inPage(viewer, ({ colour }) => {
      const [red, green, blue] = colour(document.querySelector('#remote video'));
      return 0.299 * red + 0.587 * green + 0.114 * blue;
    });
  // The fake camera's picture has a light of its own that comes and goes; this one's is steady.
  await inPage(host, async ({ AgoraRTC, room }) => {
    room.grey = () => {
      const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 240 });
      const drawing = canvas.getContext('2d') as CanvasRenderingContext2D;
      setInterval(() => {
        drawing.fillStyle = 'rgb(100,100,100)';
        drawing.fillRect(0, 0, 320, 240);
      }, 50);
      return canvas.captureStream(20).getVideoTracks()[0];
    };
    await room.client.unpublish(room.tracks[1]);
    room.picture = AgoraRTC.createCustomVideoTrack({ mediaStreamTrack: room.grey() });
    await room.client.publish(room.picture);
  });
  const isUsual = async (): Promise<boolean> => Math.abs((await brightness()) - 100) < 6;
  const isLighter = async (): Promise<boolean> => (await brightness()) > 112;
  await until('the picture', isUsual);
  const lighter = { smoothnessLevel: 0, rednessLevel: 0, lighteningLevel: 1 };
  const effect = (given: object): Promise<void> =>
    inPage(host, ({ room }, options) => room.picture.setBeautyEffect(true, options), given);
  await effect(lighter);
  await until('a lighter picture', isLighter);
  await effect({ lighteningLevel: 0 });
  await until('the usual light', isUsual);
  await effect(lighter);
  await inPage(host, ({ room }) => room.picture.setEnabled(false));
  await inPage(host, ({ room }) => room.picture.setEnabled(true));
  await until('a lighter picture again', isLighter);
  await inPage(host, ({ room }) => room.picture.replaceTrack(room.grey(), true));
  await until('a lighter picture of the next source', isLighter);
  await inPage(host, ({ room }) => room.picture.setBeautyEffect(false));
  await until('the source as it is', isUsual);
  expect(
    await inPage(host, ({ room }) =>
      Promise.all(
        [{ smoothnessLevel: 2 }, { lighteningContrastLevel: 3 }].map((options) =>
          room.picture.setBeautyEffect(true, options).catch((error: { code: string }) => error.code),
        ),
      ),
    ),
  ).toEqual(['INVALID_PARAMS', 'INVALID_PARAMS']);
}, 180_000);

test('SDK171: skin is smoothed, other colours and edges are not; overload is told', async () => {
  const page = await enter('skin', 1, 'audience');
  await inPage(page, ({ AgoraRTC, room }) => {
    const canvas = document.createElement('canvas');
    canvas.width = 160;
    canvas.height = 80;
    const drawing = canvas.getContext('2d') as CanvasRenderingContext2D;
    // Skin on the left, a blue of the same unrest on the right.
    const draw = () => {
      const picture = drawing.createImageData(160, 80);
      for (let at = 0; at < 160 * 80; at += 1) {
        const isSkin = at % 160 < 80;
        const unrest = ((at * 7919) % 31) - 15;
        picture.data.set(
          isSkin
            ? [205 + unrest, 150 + unrest, 125 + unrest, 255]
            : [40 + unrest, 80 + unrest, 200 + unrest, 255],
          at * 4,
        );
      }
      drawing.putImageData(picture, 0, 0);
    };
    draw();
    room.timer = setInterval(draw, 50);
    room.skin = AgoraRTC.createCustomVideoTrack({
      mediaStreamTrack: canvas.captureStream(20).getVideoTracks()[0],
    });
    room.skin.play('local');
    room.overloads = 0;
    room.skin.on('beauty-effect-overload', () => (room.overloads += 1));
  });
  /** The unrest of both halves: the mean difference of neighbours. */
  const unrest = (): Promise<[skin: number, blue: number]> =>
    inPage(page, ({ room }) => {
      const { data, width, height } = room.skin.getCurrentFrameData() as ImageData;
      const sums: [number, number] = [0, 0];
      for (let y = 10; y < height - 10; y += 1)
        for (let x = 5; x < width - 6; x += 1) {
          const at = (y * width + x) * 4 + 1;
          if (Math.abs(x - 80) > 6) sums[x < 80 ? 0 : 1] += Math.abs((data[at] ?? 0) - (data[at + 4] ?? 0));
        }
      return sums;
    });
  let usual: [number, number] = [0, 0];
  await until('the picture', async () => {
    usual = await unrest();
    return usual[0] > 0 && usual[1] > 0;
  });
  await inPage(page, ({ room }) =>
    room.skin.setBeautyEffect(true, { smoothnessLevel: 1, lighteningLevel: 0, rednessLevel: 0 }),
  );
  await until('smooth skin beside the same blue', async () => {
    const [skin, blue] = await unrest();
    return skin < usual[0] * 0.5 && blue > usual[1] * 0.8;
  });
  expect(await inPage(page, ({ room }) => room.overloads)).toBe(0);
  // Each picture takes longer than the time between two.
  await inPage(page, () => {
    const { prototype } = WebGLRenderingContext;
    const { drawArrays } = prototype;
    prototype.drawArrays = function (this: WebGLRenderingContext, ...given: Parameters<typeof drawArrays>) {
      const endMs = performance.now() + 80;
      while (performance.now() < endMs);
      drawArrays.apply(this, given);
    };
  });
  await until('overload', async () => (await inPage(page, ({ room }) => room.overloads)) === 1);
  const refused = await inPage(page, async ({ room }) => {
    const code = (promise: Promise<void>): Promise<string> =>
      promise.then(
        () => 'nothing',
        (error: { code: string }) => error.code,
      );
    await room.skin.setBeautyEffect(false);
    OffscreenCanvas.prototype.getContext = () => null;
    const noWebgl = await code(room.skin.setBeautyEffect(true));
    Reflect.deleteProperty(window, 'MediaStreamTrackProcessor');
    const noFrames = await code(room.skin.setBeautyEffect(true));
    room.skin.close();
    return [noWebgl, noFrames, await code(room.skin.setBeautyEffect(true))];
  });
  expect(refused).toEqual(['BEAUTY_PROCESSOR_INTERNAL_ERROR', 'NOT_SUPPORTED', 'INVALID_OPERATION']);
}, 180_000);

test('SDK169: the picture shown is an image of the type asked for', async () => {
  const host = await enter('image', 1, 'host');
  const made = (type: string): Promise<unknown> =>
    inPage(
      host,
      ({ room }, given: string) =>
        room.tracks[1].getCurrentFrameImage(given, 0.8).then(
          ({ buffer, width, height }: { buffer: Uint8Array; width: number; height: number }) => ({
            ...{ begins: [...buffer.subarray(0, 3)], width, height },
          }),
          (error: { code: string }) => error.code,
        ),
      type,
    );
  await until('a picture', async () => typeof (await made('image/png')) === 'object');
  expect(await made('image/png')).toEqual({ begins: [0x89, 0x50, 0x4e], width: 640, height: 480 });
  expect(await made('image/jpeg')).toEqual({ begins: [0xff, 0xd8, 0xff], width: 640, height: 480 });
  expect(await made('image/tiff')).toBe('CONVERTING_IMAGEDATA_TO_BLOB_FAILED');
  await inPage(host, ({ room }) => room.tracks[1].stop());
  expect(await made('image/png')).toBe('CONVERTING_VIDEO_FRAME_TO_BLOB_FAILED');
}, 180_000);
