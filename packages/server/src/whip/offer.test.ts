import { describe, expect, test } from 'bun:test';
import { readOffer } from './offer.ts';

const head = 'v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n';
const ice =
  'a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=fingerprint:sha-256 AA:BB\r\na=setup:actpass\r\n';
const section = (kind: string, direction: string, mid: number) =>
  `m=${kind} 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:${mid}\r\n${ice}a=${direction}\r\na=rtcp-mux\r\n`;

describe('offers', () => {
  test('WHIP2: one audio and one video section in the right direction are taken', () => {
    const sdp = head + section('audio', 'sendonly', 0) + section('video', 'sendrecv', 1);
    expect(readOffer(sdp, 'publish')).toEqual({
      ok: true,
      offer: { audio: true, video: true, iceUfrag: 'abcd' },
    });
    expect(readOffer(head + section('audio', 'recvonly', 0), 'play')).toMatchObject({
      ok: true,
      offer: { video: false },
    });
  });

  test('WHIP2: credentials may stand in the session part', () => {
    const sdp = `${head}${ice}m=audio 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=recvonly\r\n`;
    expect(readOffer(sdp, 'play')).toMatchObject({ ok: true, offer: { iceUfrag: 'abcd' } });
  });

  test('WHIP2: a section that was stopped offers nothing; one that is bundle-only does', () => {
    const stopped = section('video', 'sendonly', 0).replace('m=video 9', 'm=video 0');
    const live = section('audio', 'sendonly', 1);
    const audioAlone = { ok: true, offer: { audio: true, video: false, iceUfrag: 'abcd' } };
    expect(readOffer(head + stopped + live, 'publish')).toEqual(audioAlone as never);
    expect(readOffer(head + stopped.replaceAll(/a=ice.*\r\n/g, '') + live, 'publish')).toEqual(
      audioAlone as never,
    );
    expect(readOffer(`${head}${stopped}a=bundle-only\r\n${live}`, 'publish')).toMatchObject({
      ok: true,
      offer: { audio: true, video: true },
    });
  });

  const refused: [string, string, 'publish' | 'play'][] = [
    ['not SDP', 'hello', 'publish'],
    ['nothing', '', 'play'],
    ['no sections', head, 'publish'],
    ['an m= line cut short', `${head}m=audio`, 'publish'],
    [
      'only what was stopped',
      head + section('audio', 'sendonly', 0).replace('audio 9', 'audio 0'),
      'publish',
    ],
    ['two videos', head + section('video', 'sendonly', 0) + section('video', 'sendonly', 1), 'publish'],
    ['a data channel', head + section('application', 'sendrecv', 0), 'publish'],
    ['recvonly to publish', head + section('audio', 'recvonly', 0), 'publish'],
    ['sendonly to play', head + section('audio', 'sendonly', 0), 'play'],
    ['inactive', head + section('audio', 'inactive', 0), 'play'],
    ['passive', head + section('audio', 'sendonly', 0).replace('actpass', 'passive'), 'publish'],
    ['no ufrag', head + section('audio', 'sendonly', 0).replace(/a=ice-ufrag.*\r\n/, ''), 'publish'],
    ['no fingerprint', head + section('audio', 'sendonly', 0).replace(/a=fingerprint.*\r\n/, ''), 'publish'],
  ];
  for (const [what, sdp, purpose] of refused) {
    test(`WHIP2: refuses ${what}, saying what is wrong`, () => {
      const outcome = readOffer(sdp, purpose);
      expect(outcome).toMatchObject({ ok: false, code: 'sdp_invalid' });
      if (!outcome.ok) expect(outcome.detail.length).toBeGreaterThan(10);
    });
  }
});
