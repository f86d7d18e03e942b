/** Pages whose media goes over a link of the test's own relay, and nothing of it around. */

import type { BrowserContext, Page } from 'playwright-core';
import { type RelayedFlow, withoutCandidates } from '../../../testing/media/relay/udp-relay.ts';

/** The sum of what the page's connections that receive, or send, have in their statistics; the size is that of the newest picture. */
export interface MediaSample {
  /** Milliseconds of the page's clock. */
  readonly atMs: number;
  readonly framesDecoded: number;
  readonly width: number;
  readonly height: number;
  readonly freezes: number;
  readonly frozenSeconds: number;
  readonly pliCount: number;
  readonly videoLost: number;
  readonly audioReceived: number;
  readonly audioLost: number;
  /** Samples of sound that were made up, and all that were played; silence that was made up is not counted in either. */
  readonly audioConcealed: number;
  readonly audioSamples: number;
  readonly framesSent: number;
  /** The ports of the server's ends that the connections use. */
  readonly remotePorts: readonly number[];
}

/** A new tab whose media goes over `flow`; it is at no address yet. */
export async function relayedPage(context: BrowserContext, flow: RelayedFlow): Promise<Page> {
  const page = await context.newPage();
  await page.exposeFunction('throughRelay', (answerSdp: string) => flow.through(answerSdp));
  await page.exposeFunction('withoutCandidates', withoutCandidates);
  await page.addInitScript(pageScript);
  return page;
}

/** What the page has received and sent so far. */
export const sampleOf = (page: Page): Promise<MediaSample> =>
  page.evaluate('window.mediaSample()') as Promise<MediaSample>;

const pageScript = `(() => {
  const connections = [];
  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    constructor(...args) {
      super(...args);
      connections.push(this);
    }
    async setRemoteDescription(description) {
      const { type, sdp } = description;
      return super.setRemoteDescription(type === 'answer' ? { type, sdp: await window.throughRelay(sdp) } : description);
    }
  };
  const fetched = window.fetch;
  window.fetch = async (url, init) => {
    const body = init?.body;
    if (typeof body !== 'string' || !body.includes('a=')) return fetched(url, init);
    return fetched(url, { ...init, body: await window.withoutCandidates(body) });
  };
  window.mediaSample = async () => {
    const sum = {
      atMs: performance.now(), framesDecoded: 0, width: 0, height: 0, freezes: 0, frozenSeconds: 0, pliCount: 0,
      videoLost: 0, audioReceived: 0, audioLost: 0, audioConcealed: 0, audioSamples: 0, framesSent: 0, remotePorts: [],
    };
    for (const connection of connections) {
      if (connection.connectionState === 'closed') continue;
      const report = await connection.getStats();
      for (const each of report.values()) {
        if (each.type === 'candidate-pair' && each.nominated && each.state === 'succeeded')
          sum.remotePorts.push(report.get(each.remoteCandidateId).port);
        if (each.type === 'outbound-rtp' && each.kind === 'video') sum.framesSent += each.framesSent ?? 0;
        if (each.type !== 'inbound-rtp') continue;
        if (each.kind === 'audio') {
          sum.audioReceived += each.packetsReceived ?? 0;
          sum.audioLost += each.packetsLost ?? 0;
          const silent = each.silentConcealedSamples ?? 0;
          sum.audioConcealed += (each.concealedSamples ?? 0) - silent;
          sum.audioSamples += (each.totalSamplesReceived ?? 0) - silent;
        } else {
          sum.framesDecoded += each.framesDecoded ?? 0;
          sum.width = each.frameWidth ?? sum.width;
          sum.height = each.frameHeight ?? sum.height;
          sum.freezes += each.freezeCount ?? 0;
          sum.frozenSeconds += each.totalFreezesDuration ?? 0;
          sum.pliCount += each.pliCount ?? 0;
          sum.videoLost += each.packetsLost ?? 0;
        }
      }
    }
    return sum;
  };
})();`;
