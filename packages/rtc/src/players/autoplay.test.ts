import { afterEach, expect, test } from 'bun:test';
import AgoraRTC from '../index.ts';
import { until } from '../testing/fake-server.ts';
import { startPlaying } from './autoplay.ts';

class FakeAudio {
  plays = 0;
  constructor(private readonly failure: string | undefined) {}
  async play(): Promise<void> {
    this.plays += 1;
    if (this.plays === 1 && this.failure) throw new DOMException('no', this.failure);
  }
}

const before = { document: globalThis.document, HTMLAudioElement: globalThis.HTMLAudioElement };
afterEach(() => {
  Object.assign(globalThis, before);
  AgoraRTC.onAudioAutoplayFailed = undefined;
  AgoraRTC.onAutoplayFailed = undefined;
});

test('SDK134: onAudioAutoplayFailed is called for each sound that the browser holds back, onAutoplayFailed once', async () => {
  const page = new EventTarget();
  Object.assign(globalThis, { document: page, HTMLAudioElement: FakeAudio });
  const heard: string[] = [];
  AgoraRTC.onAudioAutoplayFailed = () => heard.push('sound');
  AgoraRTC.onAutoplayFailed = () => heard.push('page');
  const sounds = [
    new FakeAudio('NotAllowedError'),
    new FakeAudio('NotAllowedError'),
    new FakeAudio('AbortError'),
  ];
  for (const sound of sounds) startPlaying(sound as unknown as HTMLMediaElement, () => void sound.play());
  await until('both are held back', () => heard.length === 3);
  expect(heard).toEqual(['page', 'sound', 'sound']);
  page.dispatchEvent(new Event('pointerdown'));
  expect(sounds.map(({ plays }) => plays)).toEqual([2, 2, 1]);
});
