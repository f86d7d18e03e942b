import { expect, test } from 'bun:test';
import { until } from '../../../testing/processes/server-process.ts';
import { hears, inPage, stage } from './stage.ts';

const { enter } = stage();

test('SDK160: a file is heard by a viewer while it is played, alone and beside the microphone, and its states are told', async () => {
  const host = await enter('file', 1, 'host');
  const viewer = await enter('file', 2, 'audience');
  await inPage(host, async ({ AgoraRTC, room, wave }) => {
    await room.client.unpublish(room.tracks[0]);
    room.file = await AgoraRTC.createBufferSourceAudioTrack({ source: wave(3000, 2) });
    room.states = [];
    room.file.on('source-state-change', (state: string) => room.states.push(state));
    await room.client.publish(room.file);
  });
  expect(
    await inPage(host, ({ room }) => [
      room.file.currentState,
      Math.round(room.file.duration * 100),
      room.file.getCurrentTime(),
    ]),
  ).toEqual(['stopped', 200, 0]);
  await inPage(host, ({ room }) => room.file.startProcessAudioBuffer({ loop: true }));
  await hears(viewer, 3000);
  await inPage(host, ({ room }) => room.file.pauseProcessAudioBuffer());
  await hears(viewer, 3000, false);
  await inPage(host, ({ room }) => room.file.resumeProcessAudioBuffer());
  await hears(viewer, 3000);

  // Beside the microphone, and with a volume of its own.
  await inPage(host, ({ room }) => room.client.publish(room.tracks[0]));
  await hears(viewer, 3000);
  await inPage(host, ({ room }) => room.file.setVolume(0));
  await hears(viewer, 3000, false);
  await inPage(host, ({ room }) => room.file.setVolume(100));
  await hears(viewer, 3000);
  await inPage(host, ({ room }) => room.file.setMuted(true));
  await hears(viewer, 3000, false);
  await inPage(host, ({ room }) => room.file.setMuted(false));
  await hears(viewer, 3000);

  await inPage(host, ({ room }) => room.file.stopProcessAudioBuffer());
  await hears(viewer, 3000, false);
  expect(await inPage(host, ({ room }) => room.states)).toEqual(['playing', 'paused', 'playing', 'stopped']);
  await inPage(host, ({ room }) => room.file.close());
  await until('the file is no longer published', async () =>
    inPage(
      host,
      ({ room }) => room.client.localTracks.length === 2 && !room.client.localTracks.includes(room.file),
    ),
  );
}, 180_000);

test('SDK161: a file begins, goes on and ends where it is told to', async () => {
  const page = await enter('places', 1, 'audience');
  const seen = await inPage(page, async ({ AgoraRTC, wave }) => {
    const made = async (seconds: number) => {
      const track = await AgoraRTC.createBufferSourceAudioTrack({ source: wave(500, seconds) });
      const ended = () =>
        new Promise<void>((resolve) =>
          track.on('source-state-change', (state: string) => state === 'stopped' && resolve()),
        );
      return { track, ended };
    };
    const passing = async (track: { getCurrentTime(): number }, placeS: number) => {
      while (track.getCurrentTime() < placeS) await new Promise((resolve) => setTimeout(resolve, 5));
    };
    const context = new AudioContext();
    await context.resume();

    // Three cycles of 0.2 s that begin in the middle of the first are half a second.
    const short = await made(0.2);
    const over = short.ended();
    const beganS = context.currentTime;
    short.track.startProcessAudioBuffer({ cycle: 3, startPlayTime: 0.1 });
    await over;
    const cyclesS = context.currentTime - beganS;

    const { track } = await made(60);
    track.startProcessAudioBuffer({ startPlayTime: 10 });
    await passing(track, 10.05);
    const began = track.getCurrentTime();
    track.seekAudioBuffer(40);
    const sought = track.getCurrentTime();
    track.pauseProcessAudioBuffer();
    const paused = track.getCurrentTime();
    track.seekAudioBuffer(5);
    const soughtPaused = [track.currentState, track.getCurrentTime()];
    track.setAudioBufferPlaybackSpeed(400);
    track.resumeProcessAudioBuffer();
    const fromS = context.currentTime;
    await passing(track, 7);
    const fourTimes = (context.currentTime - fromS) * 4;
    track.stopProcessAudioBuffer();
    const stopped = [track.currentState, track.getCurrentTime()];
    track.seekAudioBuffer(20);
    track.startProcessAudioBuffer();
    const again = track.getCurrentTime();

    const { track: last, ended } = await made(1);
    const atEnd = ended();
    last.startProcessAudioBuffer({ startPlayTime: 0.9 });
    await atEnd;
    const after = [last.currentState, last.getCurrentTime()];
    const codeOf = (act: () => void): string => {
      try {
        act();
      } catch (error) {
        return (error as { code: string }).code;
      }
      return 'nothing';
    };
    const refused = [
      () => last.seekAudioBuffer(2),
      () => last.startProcessAudioBuffer({ startPlayTime: -1 }),
      () => last.startProcessAudioBuffer({ cycle: 0 }),
      () => last.setAudioBufferPlaybackSpeed(49),
    ].map(codeOf);
    last.close();
    return {
      ...{ cyclesS, began, sought, paused, soughtPaused, fourTimes, stopped, again, after, refused },
      closed: codeOf(() => last.startProcessAudioBuffer()),
      speed: [track.playbackSpeed, last.playbackSpeed],
    };
  });
  // The output of a busy machine's sound runs ahead and behind by some hundredths of a second; nothing here is shorter than 0.2 s of sound.
  expect(seen.cyclesS).toBeGreaterThan(0.4);
  expect(seen.began).toBeGreaterThanOrEqual(10.05);
  expect(seen.began).toBeLessThan(40);
  expect(seen.sought).toBeGreaterThanOrEqual(40);
  expect(seen.paused).toBeGreaterThanOrEqual(seen.sought);
  expect(seen.soughtPaused).toEqual(['paused', 5]);
  expect(seen.fourTimes).toBeGreaterThan(1.8);
  expect(seen.stopped).toEqual(['stopped', 0]);
  expect(seen.again).toBeGreaterThanOrEqual(20);
  expect(seen.after).toEqual(['stopped', 0]);
  expect(seen.refused).toEqual(['INVALID_PARAMS', 'INVALID_PARAMS', 'INVALID_PARAMS', 'INVALID_PARAMS']);
  expect(seen.closed).toBe('INVALID_OPERATION');
  expect(seen.speed).toEqual([400, 100]);
}, 180_000);

test('SDK162: a file comes from the page, an address or a buffer; what cannot be had is told by its code', async () => {
  const page = await enter('sources', 1, 'audience');
  let asked = 0;
  await page.route('**/tone.wav', async (route) => {
    asked += 1;
    const bytes = await inPage(page, async ({ wave }) => [
      ...new Uint8Array(await wave(500, 0.1).arrayBuffer()),
    ]);
    await route.fulfill({ body: Buffer.from(bytes), contentType: 'audio/wav' });
  });
  await page.route('**/gone.wav', (route) => route.fulfill({ status: 404 }));
  await page.route('**/cut.wav', (route) => route.abort());
  const seen = await inPage(page, async ({ AgoraRTC, wave }) => {
    const made = (source: unknown, cacheOnlineFile?: boolean): Promise<number | string> =>
      AgoraRTC.createBufferSourceAudioTrack({ source, cacheOnlineFile }).then(
        (track: { duration: number }) => Math.round(track.duration * 100) / 100,
        (error: { code: string }) => error.code,
      );
    const buffer = await new AudioContext().decodeAudioData(await wave(500, 0.3).arrayBuffer());
    const unreadable = wave(500);
    unreadable.arrayBuffer = () => Promise.reject(new DOMException('gone', 'NotReadableError'));
    return {
      file: await made(wave(500, 0.2)),
      buffer: await made(buffer),
      address: [await made('/tone.wav'), await made('/tone.wav', true), await made('/tone.wav', true)],
      gone: await made('/gone.wav'),
      cut: await made('/cut.wav'),
      unreadable: await made(unreadable),
      noAudio: await made(new File(['words'], 'words.txt')),
      nothing: [await made(undefined), await made(5)],
    };
  });
  expect(seen).toEqual({
    file: 0.2,
    buffer: 0.3,
    address: [0.1, 0.1, 0.1],
    gone: 'FETCH_AUDIO_FILE_FAILED',
    cut: 'FETCH_AUDIO_FILE_FAILED',
    unreadable: 'READ_LOCAL_AUDIO_FILE_ERROR',
    noAudio: 'DECODE_AUDIO_FILE_FAILED',
    nothing: ['INVALID_PARAMS', 'INVALID_PARAMS'],
  });
  // The third time it was kept.
  expect(asked).toBe(2);
}, 180_000);
