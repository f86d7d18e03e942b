import { expect, test } from 'bun:test';
import { until } from '../../../testing/processes/server-process.ts';
import { inPage, stage } from './stage.ts';

const { enter } = stage();

test('SDK167: frames of local and remote sound are handed out in the size asked for, with the sound in them', async () => {
  const host = await enter('frames', 1, 'host');
  const viewer = await enter('frames', 2, 'audience');
  await inPage(host, async ({ AgoraRTC, room, wave }) => {
    await room.client.unpublish(room.tracks[0]);
    room.file = await AgoraRTC.createBufferSourceAudioTrack({ source: wave(3000) });
    room.file.startProcessAudioBuffer({ loop: true });
    await room.client.publish(room.file);
    room.frames = [];
    room.file.setAudioFrameCallback((buffer: AudioBuffer) => room.frames.push(buffer), 2048);
  });
  await until('sound is subscribed', async () =>
    inPage(viewer, ({ room }) => room.client.remoteUsers[0]?.audioTrack !== undefined),
  );
  await inPage(viewer, ({ room }) => {
    room.frames = [];
    room.client.remoteUsers[0].audioTrack.setAudioFrameCallback((buffer: AudioBuffer) =>
      room.frames.push(buffer),
    );
  });
  for (const [page, size] of [
    [host, 2048],
    [viewer, 4096],
  ] as const) {
    // Zero crossings say which tone it is; the level, that it is no echo of silence.
    const measured = () =>
      inPage(page, ({ room }) => {
        const buffer = room.frames.at(-1) as AudioBuffer | undefined;
        const samples = buffer?.getChannelData(0) ?? [];
        let crossings = 0;
        let peak = 0;
        for (let at = 1; at < samples.length; at += 1) {
          if ((samples[at - 1] ?? 0) < 0 !== (samples[at] ?? 0) < 0) crossings += 1;
          peak = Math.max(peak, Math.abs(samples[at] ?? 0));
        }
        const hz = (crossings / 2 / samples.length) * (buffer?.sampleRate ?? 0);
        return { size: samples.length, hz: Math.round(hz / 100) * 100, isLoud: peak > 0.1 };
      });
    await until('the tone', async () => {
      const { hz, isLoud } = await measured();
      return hz === 3000 && isLoud;
    });
    expect(await measured()).toMatchObject({ size });
  }
  const after = await inPage(host, async ({ room }) => {
    room.file.setAudioFrameCallback(null);
    const { length } = room.frames;
    // Sound goes on meanwhile, as another callback hears.
    await new Promise<void>((resolve) => {
      let heard = 0;
      room.file.setAudioFrameCallback(() => {
        heard += 1;
        if (heard === 5) resolve();
      });
    });
    room.file.setAudioFrameCallback(null);
    let code = 'nothing';
    try {
      room.file.setAudioFrameCallback(() => undefined, 1000);
    } catch (error) {
      ({ code } = error as { code: string });
    }
    return [room.frames.length - length, code];
  });
  expect(after).toEqual([0, 'INVALID_PARAMS']);
}, 180_000);

test('SDK168: a viewer plays sound louder than it was sent, and either end on another output', async () => {
  const host = await enter('louder', 1, 'host');
  const viewer = await enter('louder', 2, 'audience');
  await inPage(host, async ({ AgoraRTC, room, wave }) => {
    await room.client.unpublish(room.tracks[0]);
    room.file = await AgoraRTC.createBufferSourceAudioTrack({ source: wave(3000) });
    room.file.setVolume(10);
    room.file.startProcessAudioBuffer({ loop: true });
    await room.client.publish(room.file);
  });
  const peak = (): Promise<number> =>
    inPage(viewer, async ({ room }) => {
      const track = room.client.remoteUsers[0]?.audioTrack?.getMediaStreamTrack();
      if (!track) return 0;
      const context = new AudioContext();
      const ear = context.createAnalyser();
      context.createMediaStreamSource(new MediaStream([track])).connect(ear);
      const samples = new Float32Array(ear.fftSize);
      // It has heard enough once its oldest sample is one of sound.
      for (let looks = 0; looks < 100 && samples[0] === 0; looks += 1) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        ear.getFloatTimeDomainData(samples);
      }
      await context.close();
      return Math.max(...samples);
    });
  let usual = 0;
  await until('the sound', async () => {
    usual = await peak();
    return usual > 0.02;
  });
  await inPage(viewer, ({ room }) => room.client.remoteUsers[0].audioTrack.setAmplifiedVolume(500));
  await until('a louder sound', async () => (await peak()) > usual * 3);
  await inPage(viewer, ({ room }) => room.client.remoteUsers[0].audioTrack.setAmplifiedVolume(100));
  await until('the usual sound', async () => (await peak()) < usual * 2);
  const outputs = await inPage(host, async ({ room }) => {
    room.file.play();
    const chosen = await room.file.setPlaybackDevice('default').then(
      () => 'chosen',
      (error: Error) => error.name,
    );
    const none = await room.file.setPlaybackDevice('no such device').then(
      () => 'chosen',
      (error: Error) => error.name,
    );
    return [chosen, none];
  });
  expect(outputs).toEqual(['chosen', 'NotFoundError']);
  expect(
    await inPage(viewer, ({ room }) => {
      try {
        room.client.remoteUsers[0].audioTrack.setAmplifiedVolume(1001);
      } catch (error) {
        return (error as { code: string }).code;
      }
      return 'nothing';
    }),
  ).toBe('INVALID_PARAMS');
}, 180_000);
