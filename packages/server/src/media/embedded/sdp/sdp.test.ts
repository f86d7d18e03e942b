import { expect, test } from 'bun:test';
import { readOffer } from '../../../whip/offer.ts';
import { mediaLimits } from '../../limits.ts';
import { transportCcUri } from '../rtp/twcc.ts';
import { announced } from '../streams/peer.ts';
import { codecFor, codecLabel, type OfferedCodec } from './codec.ts';
import {
  answerPlayer,
  answerPublisher,
  missingCodec,
  negotiatePlayer,
  negotiatePublisher,
} from './negotiate.ts';
import { buildAnswer, type LocalTransport } from './sdp-answer.ts';
import { type Offer, type OfferedMedia, parseOffer } from './sdp-offer.ts';

const fingerprint = `sha-256 ${Array.from({ length: 32 }, (_, i) => i.toString(16).padStart(2, '0')).join(':')}`;

const session = ['v=0', 'o=- 1 2 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=group:BUNDLE 0 1'];
const transport = [
  'a=ice-ufrag:abcd',
  'a=ice-pwd:abcdefghijklmnopqrstuvwx',
  `a=fingerprint:${fingerprint}`,
  'a=setup:actpass',
];
const audio = (direction: string) => [
  'm=audio 9 UDP/TLS/RTP/SAVPF 111 63 0',
  'c=IN IP4 0.0.0.0',
  ...transport,
  'a=mid:0',
  `a=extmap:3 ${transportCcUri}`,
  'a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid',
  `a=${direction}`,
  'a=rtcp-mux',
  'a=rtpmap:111 opus/48000/2',
  'a=rtcp-fb:111 transport-cc',
  'a=fmtp:111 minptime=10;useinbandfec=1',
  'a=rtpmap:63 red/48000/2',
  'a=rtpmap:0 PCMU/8000',
  'a=candidate:1 1 udp 2122194687 192.0.2.2 41668 typ host generation 0 network-id 1',
];
const video = (direction: string) => [
  'm=video 9 UDP/TLS/RTP/SAVPF 104 96 97 102 98',
  'c=IN IP4 0.0.0.0',
  ...transport,
  'a=mid:1',
  `a=extmap:3 ${transportCcUri}`,
  `a=${direction}`,
  'a=rtcp-mux',
  'a=rtpmap:104 H264/90000',
  'a=fmtp:104 packetization-mode=0;profile-level-id=42001f',
  'a=rtpmap:96 VP8/90000',
  'a=rtcp-fb:96 transport-cc',
  'a=rtcp-fb:96 goog-remb',
  'a=rtcp-fb:96 nack',
  'a=rtcp-fb:96 nack pli',
  'a=rtpmap:97 rtx/90000',
  'a=fmtp:97 apt=96',
  'a=rtpmap:102 H264/90000',
  'a=rtcp-fb:102 transport-cc',
  'a=fmtp:102 packetization-mode=1;profile-level-id=42e01f',
  'a=rtpmap:98 VP9/90000',
];
const sdp = (...lines: string[][]): string => [...session, ...lines.flat(), ''].join('\r\n');
const chromium = (direction: string): string => sdp(audio(direction), video(direction));

function parsed(text: string): Offer {
  const result = parseOffer(text);
  if (!result.ok) throw new Error(result.detail);
  return result.offer;
}

const local: LocalTransport = {
  ufrag: 'ours',
  password: 'ourpasswordourpasswordour',
  fingerprint: 'sha-256 00',
  setup: 'active',
  candidates: ['candidate:1 1 UDP 2114977791 127.0.0.1 7081 typ host'],
};

test('MEDIA1: a publisher’s offer is answered with one codec a kind, feedback and no other extension', () => {
  const offer = parsed(chromium('sendonly'));
  const negotiated = negotiatePublisher(offer);
  if (!negotiated.ok) throw new Error(negotiated.detail);
  const answer = buildAnswer({
    offer,
    transport: local,
    version: 1,
    media: (media) => answerPublisher(negotiated.kinds, media),
  });
  const lines = answer.split('\r\n');
  expect(lines).toContain('a=group:BUNDLE 0 1');
  expect(lines.filter((line) => line.startsWith('m='))).toEqual([
    'm=audio 9 UDP/TLS/RTP/SAVPF 111',
    'm=video 9 UDP/TLS/RTP/SAVPF 96 97',
  ]);
  expect(lines.filter((line) => line === 'a=recvonly')).toHaveLength(2);
  expect(lines.filter((line) => line.startsWith('a=extmap'))).toEqual([
    `a=extmap:3 ${transportCcUri}`,
    `a=extmap:3 ${transportCcUri}`,
  ]);
  expect(lines.filter((line) => line.startsWith('a=rtcp-fb:96'))).toEqual([
    'a=rtcp-fb:96 nack',
    'a=rtcp-fb:96 nack pli',
    'a=rtcp-fb:96 transport-cc',
  ]);
  expect(lines).toContain('a=fmtp:111 minptime=10;useinbandfec=1');
  expect(lines).toContain(`a=fmtp:96 x-google-start-bitrate=${mediaLimits.startKilobits}`);
  // Ours, and once.
  expect(lines.filter((line) => line.startsWith('a=candidate'))).toEqual([`a=${local.candidates[0]}`]);
  expect(lines).toContain('a=setup:active');
});

test('MEDIA1: a publisher without transport-wide feedback is given REMB', () => {
  const offer = parsed(chromium('sendonly').replaceAll(`a=extmap:3 ${transportCcUri}\r\n`, ''));
  const negotiated = negotiatePublisher(offer);
  if (!negotiated.ok) throw new Error(negotiated.detail);
  expect(negotiated.kinds.map((kind) => [kind.transportCcId, kind.remb])).toEqual([
    [0, false],
    [0, true],
  ]);
});

test('MEDIA5: a player is answered with every codec it shares, each under its own payload type', () => {
  const offer = parsed(chromium('recvonly'));
  const negotiated = negotiatePlayer(offer);
  if (!negotiated.ok) throw new Error(negotiated.detail);
  const source = { ssrc: 5, cname: 'c', stream: 'housecount', track: 'video' };
  const answer = buildAnswer({
    offer,
    transport: local,
    version: 1,
    media: (media) => answerPlayer(negotiated.kinds, media, () => source),
  });
  expect(answer).toContain('m=video 9 UDP/TLS/RTP/SAVPF 104 96 102 97\r\n');
  expect(answer).toContain('a=msid:housecount video\r\n');
  expect(answer).toContain('a=ssrc:5 cname:c\r\n');
  expect(answer.match(/a=sendonly/g)).toHaveLength(2);
  expect(answer).not.toContain('goog-remb');
});

test('MEDIA60: a player that offers repairs is answered with them, their SSRC in a group after that of the picture', () => {
  const answerTo = (text: string): string[] => {
    const offer = parsed(text);
    const negotiated = negotiatePlayer(offer);
    if (!negotiated.ok) throw new Error(negotiated.detail);
    const source = { ssrc: 9, repairSsrc: 5, cname: 'c', stream: 'housecount', track: 'video' };
    const media = (offered: OfferedMedia) => answerPlayer(negotiated.kinds, offered, () => source);
    return buildAnswer({ offer, transport: local, version: 1, media }).split('\r\n');
  };
  const lines = answerTo(chromium('recvonly'));
  expect(lines.slice(lines.indexOf('a=rtpmap:97 rtx/90000')).slice(0, 2)).toEqual([
    'a=rtpmap:97 rtx/90000',
    'a=fmtp:97 apt=96',
  ]);
  const picture = lines.slice(lines.findIndex((line) => line.startsWith('m=video')));
  expect(picture.filter((line) => line.startsWith('a=ssrc'))).toEqual([
    'a=ssrc-group:FID 9 5',
    'a=ssrc:9 cname:c',
    'a=ssrc:9 msid:housecount video',
    'a=ssrc:5 cname:c',
    'a=ssrc:5 msid:housecount video',
  ]);
  // Sound has none, and who offers no repairs, or says of nothing that it misses it, gets none.
  expect(lines.slice(0, -picture.length).some((line) => line.includes('FID'))).toBe(false);
  for (const without of ['a=fmtp:97 apt=96\r\n', 'a=rtcp-fb:96 nack\r\n'])
    expect(answerTo(chromium('recvonly').replace(without, '')).join()).not.toMatch(/rtx|FID/);
});

const ridExtensions = [
  'a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid',
  'a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id',
  'a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id',
];

test('MEDIA91: a picture in several sizes is taken by its restriction ids, with what names them in packets, and never without', () => {
  const answerTo = (...lines: string[]): string[] => {
    const offer = parsed(sdp(audio('sendonly'), [...video('sendonly'), ...lines]));
    const negotiated = negotiatePublisher(offer);
    if (!negotiated.ok) throw new Error(negotiated.detail);
    const media = (offered: OfferedMedia) => answerPublisher(negotiated.kinds, offered);
    return buildAnswer({ offer, transport: local, version: 1, media }).split('\r\n');
  };
  const about = (lines: string[]) => lines.filter((line) => /^a=(rid|simulcast|extmap.*sdes)/.test(line));
  const rids = (...names: string[]) => names.map((name) => `a=rid:${name} send`);
  expect(about(answerTo(...ridExtensions, ...rids('l', 'h'), 'a=simulcast:send l;h'))).toEqual([
    ...ridExtensions,
    'a=rid:l recv',
    'a=rid:h recv',
    'a=simulcast:recv l;h',
  ]);
  // Paused ones and alternatives; more than are taken; one that no a=rid names.
  const many = answerTo(
    ...ridExtensions,
    ...rids('0', '1', '2', '3', '4'),
    'a=simulcast:send 0,9;~1;x;2;3;4',
  );
  expect(about(many).at(-1)).toBe('a=simulcast:recv 0;1;2');
  // One size, and no way to tell them apart: as if nothing had been said.
  for (const lines of [
    [...ridExtensions, ...rids('l'), 'a=simulcast:send l'],
    [...rids('l', 'h'), 'a=simulcast:send l;h'],
    [...ridExtensions, 'a=simulcast:recv l;h', ...rids('l', 'h')],
    [...ridExtensions, 'a=simulcast:send l;h'],
  ])
    expect(about(answerTo(...lines))).toEqual([]);
});

test('MEDIA33: H264 goes to a player in its own profile, else in the next one up, else in one that browsers name', () => {
  const h264 = (payloadType: number, parameters: string): OfferedCodec => ({
    payloadType,
    name: 'H264',
    clockRate: 90_000,
    encoding: 'H264/90000',
    parameters,
    feedback: new Set(),
  });
  const taken = (published: string, ...offered: string[]): string | undefined =>
    codecFor(
      h264(1, published),
      offered.map((parameters, i) => h264(96 + i, parameters)),
    )?.parameters;
  const mode = (profile: string, packetization = 1) =>
    `level-asymmetry-allowed=1;packetization-mode=${packetization};profile-level-id=${profile}`;
  // Constraint flags and levels do not matter: High is Constrained High.
  expect(taken(mode('640c1f'), mode('42001f'), mode('64001f'))).toBe(mode('64001f'));
  expect(taken(mode('42e01f'), mode('64001f'), mode('4d001f'), mode('42001f'))).toBe(mode('42001f'));
  expect(taken(mode('42e01f'), mode('64001f'), mode('4d001f'))).toBe(mode('4d001f'));
  // Chromium in Debian names the first set, Firefox the second.
  expect(taken(mode('640028'), mode('42001f'), mode('42e01f'), mode('4d001f'))).toBe(mode('4d001f'));
  expect(taken(mode('640028'), mode('42e01f', 0), mode('42e01f'))).toBe(mode('42e01f'));
  // Fragments need mode 1; who sends none reaches both.
  expect(taken(mode('42e01f'), mode('42e01f', 0))).toBeUndefined();
  expect(taken(mode('42e01f', 0), mode('42e01f', 1))).toBe(mode('42e01f', 1));
  expect(taken(mode('42e01f', 0), mode('42e01f', 1), mode('42e01f', 0))).toBe(mode('42e01f', 0));
  expect(taken('', 'packetization-mode=0')).toBe('packetization-mode=0');
  // 10 bits and 4:4:4 are for those who name them.
  expect(taken(mode('6e0028'), mode('640028'), mode('42e01f'))).toBeUndefined();
  expect(taken(mode('f40028'), mode('640028'), mode('f40028'))).toBe(mode('f40028'));
  expect(taken(mode('42e01f'), mode('f40028'))).toBeUndefined();
  expect(codecLabel(h264(1, mode('640028')))).toBe('H264/1/64');
});

test('MEDIA5: a player without the publisher’s codec misses it', () => {
  const published = negotiatePublisher(parsed(chromium('sendonly')));
  const played = negotiatePlayer(parsed(chromium('recvonly').replace('a=rtpmap:96 VP8/90000\r\n', '')));
  if (!published.ok || !played.ok) throw new Error('not negotiated');
  expect(missingCodec(published.kinds, played.kinds)?.name).toBe('VP8');
  // A kind that the player did not ask for is not missing.
  expect(
    missingCodec(
      published.kinds,
      played.kinds.filter((kind) => kind.kind === 'audio'),
    ),
  ).toBeUndefined();
});

test('MEDIA19: other sections are rejected one by one, unwanted kinds stay inactive', () => {
  const text = sdp(audio('sendonly'), video('inactive'), [
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    'a=mid:2',
  ]);
  const offer = parsed(text);
  const negotiated = negotiatePublisher(offer);
  if (!negotiated.ok) throw new Error(negotiated.detail);
  expect(negotiated.kinds.map((kind) => kind.kind)).toEqual(['audio']);
  const answer = buildAnswer({
    offer,
    transport: local,
    version: 1,
    media: (media) => answerPublisher(negotiated.kinds, media),
  });
  expect(answer).toContain('m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n');
  expect(answer).toContain('a=inactive\r\n');
  expect(answer).toContain('a=group:BUNDLE 0 1\r\n');
});

test('MEDIA19: an offer that cannot be used is refused with a sentence', () => {
  const good = chromium('sendonly');
  const refused: [string, string][] = [
    ['', 'v=0'],
    ['hello', 'v=0'],
    [session.join('\r\n'), 'no media'],
    [good.replaceAll('a=ice-ufrag:abcd\r\n', ''), 'ice-ufrag'],
    [good.replaceAll('a=ice-ufrag:abcd', 'a=ice-ufrag:ab'), 'ice-ufrag'],
    [good.replaceAll('a=ice-pwd:abcdefghijklmnopqrstuvwx', 'a=ice-pwd:short'), 'ice-pwd'],
    [good.replaceAll(fingerprint, 'sha-256 00:11'), 'fingerprint'],
    [good.replaceAll(fingerprint, fingerprint.replace('sha-256', 'md5')), 'fingerprint'],
    [good.replaceAll('a=setup:actpass', 'a=setup:holdconn'), 'setup'],
    [good.replaceAll('a=rtcp-mux\r\n', ''), 'rtcp-mux'],
    [good.replace('a=group:BUNDLE 0 1\r\n', ''), 'BUNDLE'],
    [good.replace('a=mid:1', 'a=mid:0'), 'same mid'],
    [good.replace('a=mid:1', 'a=mid:'), 'mid'],
    [good.replace('m=video 9', 'm=video x'), 'malformed'],
    [
      good.replace('a=rtpmap:96 VP8', 'a=rtpmap:111 VP8').replace('RTP/SAVPF 104 96', 'RTP/SAVPF 104 111'),
      'twice',
    ],
    [
      sdp(
        audio('sendonly'),
        [...video('sendonly')],
        [...video('sendonly').map((line) => line.replace('a=mid:1', 'a=mid:2'))],
      ),
      'more than one video',
    ],
    [`${good}${'a=x\r\n'.repeat(mediaLimits.offerLinesMax)}`, 'too many lines'],
    [`${good}a=${'x'.repeat(mediaLimits.offerLengthMax)}`, 'too long'],
    [
      sdp(...Array.from({ length: mediaLimits.offerSectionsMax + 1 }, () => ['m=audio 0 X 0'])),
      'too many media',
    ],
  ];
  for (const [text, part] of refused) {
    const result = parseOffer(text);
    expect({ part, found: result.ok ? 'accepted' : result.detail }).toEqual({
      part,
      found: expect.stringContaining(part),
    });
  }
  expect(negotiatePublisher(parsed(chromium('recvonly')))).toMatchObject({ ok: false });
  expect(negotiatePlayer(parsed(chromium('sendonly')))).toMatchObject({ ok: false });
  const foreign = parsed(chromium('sendonly').replaceAll('opus/48000/2', 'G722/8000'));
  expect(negotiatePublisher(foreign)).toMatchObject({ ok: false, detail: expect.stringContaining('Opus') });
});

test('PARSE3: what admission reads of an offer is what the engine reads: no section hides behind a lone CR', () => {
  const plain = sdp(audio('sendonly'));
  const hidden = `${plain.trimEnd()}\r${video('sendonly').join('\r')}\r\n`;
  expect(readOffer(plain, 'publish')).toMatchObject({ ok: true, offer: { audio: true, video: false } });
  expect(readOffer(hidden, 'publish')).toMatchObject({ ok: false, code: 'sdp_invalid' });
  expect(parseOffer(hidden)).toMatchObject({ ok: false, detail: expect.stringContaining('carriage return') });
});

test('PARSE1: formats that a media line repeats are read once, whatever stands beside them', () => {
  const attributes = Array.from({ length: 600 }, (_, n) => `a=rtpmap:${n % 64} PCMU/8000`);
  const line = `m=audio 9 UDP/TLS/RTP/SAVPF ${'0 '.repeat(6_000)}111`;
  const [, ...rest] = audio('sendonly');
  let looks = 0;
  const { startsWith, indexOf } = String.prototype;
  const counted = <T extends (...args: never[]) => unknown>(method: T) =>
    function (this: string, ...args: Parameters<T>) {
      looks += 1;
      return method.apply(this, args);
    };
  Object.assign(String.prototype, { startsWith: counted(startsWith), indexOf: counted(indexOf) });
  const outcome = (() => {
    try {
      return parseOffer(sdp([line, ...rest, ...attributes]));
    } finally {
      Object.assign(String.prototype, { startsWith, indexOf });
    }
  })();
  expect(outcome).toMatchObject({ ok: true });
  // A few for each line, not one for each pair of format and attribute, of which there are millions.
  expect(looks).toBeLessThan(10_000);
});

test('MEDIA20: the announced address takes the place of the machine’s own', () => {
  const candidates = [
    'candidate:1 1 UDP 2114977791 10.0.0.5 7081 typ host',
    'candidate:2 1 UDP 2114977535 172.17.0.1 7081 typ host',
    'candidate:3 1 UDP 2114977279 fd00::2 7081 typ host',
  ];
  expect(announced(candidates, 'auto')).toEqual(candidates);
  expect(announced(candidates, '203.0.113.9')).toEqual([
    'candidate:1 1 UDP 2130706431 203.0.113.9 7081 typ host',
  ]);
  expect(announced(candidates, '2001:db8::1')).toEqual([
    'candidate:1 1 UDP 2130706431 2001:db8::1 7081 typ host',
  ]);
});
