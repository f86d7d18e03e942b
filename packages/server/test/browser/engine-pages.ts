/** Pages of a real browser that publish to the media engine and play from it, without a server between. */

import type { Page } from 'playwright-core';
import type { MediaAnswer, MediaEngine } from '../../src/media/contract.ts';
import { until } from '../../testing/processes/server-process.ts';

/** The page keeps its connection here. */
type Connected = { pc: RTCPeerConnection };

export interface PageOptions {
  readonly room: string;
  readonly session: string;
  readonly configuration?: RTCConfiguration;
  /** Changes the answer on its way to the page. */
  readonly through?: (answerSdp: string) => string;
}

/** Publishes a fake camera and microphone in 320x180. */
export async function publish(media: MediaEngine, page: Page, options: PageOptions): Promise<void> {
  const offerSdp = await page.evaluate(async (configuration) => {
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: true,
      video: { width: 320, height: 180 },
    });
    const pc = new RTCPeerConnection(configuration);
    Object.assign(window, { pc });
    for (const track of stream.getTracks())
      pc.addTransceiver(track, { direction: 'sendonly', streams: [stream] });
    await pc.setLocalDescription();
    return pc.localDescription?.sdp ?? '';
  }, options.configuration);
  const { room, session } = options;
  await accept(page, await media.publish({ room, publisher: '1', session, offerSdp }), options);
}

/** Plays what publisher 1 of the room sends. */
export async function play(media: MediaEngine, page: Page, options: PageOptions): Promise<void> {
  const offerSdp = await page.evaluate(async (configuration) => {
    const pc = new RTCPeerConnection(configuration);
    Object.assign(window, { pc });
    const video = document.createElement('video');
    video.autoplay = true;
    const stream = new MediaStream();
    video.srcObject = stream;
    document.body.append(video);
    pc.ontrack = ({ track }) => stream.addTrack(track);
    for (const kind of ['audio', 'video']) pc.addTransceiver(kind, { direction: 'recvonly' });
    await pc.setLocalDescription();
    return pc.localDescription?.sdp ?? '';
  }, options.configuration);
  const { room, session } = options;
  const request = { room, publisher: '1', session, offerSdp, audio: true, video: true };
  await accept(page, await media.play(request), options);
}

async function accept(
  page: Page,
  answer: MediaAnswer,
  { through = (sdp) => sdp }: PageOptions,
): Promise<void> {
  if (!answer.ok) throw new Error(answer.detail);
  await page.evaluate(
    (sdp) => (window as unknown as Connected).pc.setRemoteDescription({ type: 'answer', sdp }),
    through(answer.answerSdp),
  );
}

export const connectionState = (page: Page): Promise<RTCPeerConnectionState> =>
  page.evaluate(() => (window as unknown as Connected).pc.connectionState);

/** The candidates at both ends of the pair that is used. */
export const selectedPair = (page: Page): Promise<{ local?: RTCIceCandidate; remote?: RTCIceCandidate }> =>
  page.evaluate(async () => {
    const { pc } = window as unknown as Connected;
    const stats = await pc.getStats();
    for (const entry of stats.values()) {
      if (entry.type !== 'transport' || entry.selectedCandidatePairId === undefined) continue;
      const pair = stats.get(entry.selectedCandidatePairId);
      return { local: stats.get(pair?.localCandidateId), remote: stats.get(pair?.remoteCandidateId) };
    }
    return {};
  });

const decoded = (page: Page): Promise<number> =>
  page.evaluate(async () => {
    for (const entry of (await (window as unknown as Connected).pc.getStats()).values())
      if (entry.type === 'inbound-rtp' && entry.kind === 'video') return Number(entry.framesDecoded ?? 0);
    return 0;
  });

/** Waits for 20 more decoded frames. */
export async function seesMore(page: Page): Promise<void> {
  const before = await decoded(page);
  await until('frames go on', async () => (await decoded(page)) >= before + 20);
}
