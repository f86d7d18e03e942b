// COMPATIBILITY.md beside the original's type file, and beside what the SDK does.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import AgoraRTC from '../../src/index.ts';
import { setLogLevel } from '../../src/log.ts';
import { FakeMediaServer, FakeTrack } from '../../src/testing/fake-media.ts';
import { RemoteAudioTrack } from '../../src/tracks/remote-audio-track.ts';
import { RemoteVideoTrack } from '../../src/tracks/remote-video-track.ts';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const original = (await readFile(at('../../../../node_modules/agora-rtc-sdk-ng/rtc-sdk_en.d.ts'), 'utf8'))
  .replaceAll('\r\n', '\n')
  .replaceAll(/\/\*[\s\S]*?\*\//g, '');
const page = await readFile(at('../../COMPATIBILITY.md'), 'utf8');

type Status = 'works' | 'differs' | 'nothing' | 'refused';
/** The rows of each section, by its heading. */
const sections = new Map(
  [...page.matchAll(/^## (.*)\n([\s\S]*?)(?=^## |(?![\s\S]))/gm)].map(([, title = '', body = '']) => [
    title,
    [...body.matchAll(/^\| (`[^|]*`) \| (works|differs|nothing|refused) \| (.*) \|$/gm)].map(
      ([, names = '', status, how = '']) => ({
        names: [...names.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
        status: status as Status,
        how,
      }),
    ),
  ]),
);
const rowsOf = (title: string) => sections.get(title) ?? [];
const namesOf = (title: string) => rowsOf(title).flatMap(({ names }) => names);
const refusedIn = (title: string) =>
  rowsOf(title).flatMap(({ names, status }) => (status === 'refused' ? names : []));

function bodyOf(name: string): string {
  const declared = new RegExp(`(?:interface|type) ${name}\\b[^{]*\\{\\n([\\s\\S]*?)^\\}`, 'm').exec(original);
  return declared?.[1] ?? '';
}
const membersOf = (name: string) =>
  [...bodyOf(name).matchAll(/^ {4}(?:readonly )?(\w+)[?(:<]/gm)].map(([, member = '']) => member);
const eventsOf = (name: string) =>
  [...bodyOf(name).matchAll(/\bon\(event: "([\w-]+)"/g)].map(([, event = '']) => event);

const object = 'The object: IAgoraRTC';
const client = 'A client: IAgoraRTCClient';
const clientEvents = 'Events of a client';
const localSound = 'Local sound: ILocalAudioTrack, IMicrophoneAudioTrack, IBufferSourceAudioTrack';
const localPictures = 'Local pictures: ILocalVideoTrack, ICameraVideoTrack';
const remoteSound = 'Remote sound: IRemoteAudioTrack';
const remotePictures = 'Remote pictures: IRemoteVideoTrack';
/** What of the original each section has to name. */
const wanted: Readonly<Record<string, readonly string[]>> = {
  [object]: membersOf('IAgoraRTC'),
  [client]: membersOf('IAgoraRTCClient'),
  [clientEvents]: eventsOf('IAgoraRTCClient'),
  'A configuration: ClientConfig': membersOf('ClientConfig'),
  'Configurations of tracks': [
    ...['AudioTrackInitConfig', 'MicrophoneAudioTrackInitConfig', 'CustomAudioTrackInitConfig'],
    ...['ScreenAudioTrackInitConfig', 'BufferSourceAudioTrackInitConfig', 'CameraVideoTrackInitConfig'],
    ...['CustomVideoTrackInitConfig', 'ScreenVideoTrackInitConfig'],
  ].flatMap(membersOf),
  'Local tracks: ILocalTrack': [
    ...membersOf('ITrack'),
    ...membersOf('ILocalTrack'),
    ...eventsOf('ILocalTrack'),
  ],
  [localSound]: ['ILocalAudioTrack', 'IMicrophoneAudioTrack', 'IBufferSourceAudioTrack'].flatMap((name) => [
    ...membersOf(name),
    ...eventsOf(name),
  ]),
  [localPictures]: ['ILocalVideoTrack', 'ICameraVideoTrack'].flatMap((name) => [
    ...membersOf(name),
    ...eventsOf(name),
  ]),
  'Remote tracks: IRemoteTrack': [
    ...membersOf('ITrack'),
    ...membersOf('IRemoteTrack'),
    ...eventsOf('IRemoteTrack'),
  ],
  [remoteSound]: membersOf('IRemoteAudioTrack'),
  [remotePictures]: [...membersOf('IRemoteVideoTrack'), ...eventsOf('IRemoteVideoTrack')],
  'A remote user: IAgoraRTCRemoteUser': membersOf('IAgoraRTCRemoteUser'),
};

for (const [title, members] of Object.entries(wanted))
  test(`SDK135: the table names each member of the original: ${title}`, () => {
    expect(members.length).toBeGreaterThan(4);
    const named = new Set(namesOf(title));
    expect([...new Set(members)].filter((member) => member !== 'on' && !named.has(member))).toEqual([]);
    // Nor does it name what is not there, or one thing twice.
    const known = new Set([...members, 'once', 'off', 'on', 'removeAllListeners', 'getListeners']);
    expect(namesOf(title).filter((name) => !known.has(name))).toEqual([]);
    expect(namesOf(title).length).toBe(named.size);
  });

let media: FakeMediaServer;
beforeAll(() => {
  media = new FakeMediaServer().install();
  setLogLevel(4);
});
afterAll(() => {
  media.restore();
  setLogLevel(2);
});

/** Something of each section, as the SDK makes it. */
const made: Readonly<Record<string, () => object>> = {
  [object]: () => AgoraRTC,
  [client]: () => AgoraRTC.createClient({ mode: 'live', codec: 'vp8' }),
  [localSound]: () => AgoraRTC.createCustomAudioTrack({ mediaStreamTrack: new FakeTrack('audio').real }),
  [localPictures]: () => AgoraRTC.createCustomVideoTrack({ mediaStreamTrack: new FakeTrack('video').real }),
  [remoteSound]: () => new RemoteAudioTrack(7, transceiver('audio')),
  [remotePictures]: () => new RemoteVideoTrack(7, transceiver('video')),
};
const transceiver = (kind: 'audio' | 'video') =>
  ({ receiver: { track: new FakeTrack(kind) } }) as unknown as RTCRtpTransceiver;

/** Members of the one kind of track of a section that the other has not, and those that a page assigns. */
const ofOthers = new Set([
  ...membersOf('IMicrophoneAudioTrack'),
  ...membersOf('IBufferSourceAudioTrack'),
  ...eventsOf('IBufferSourceAudioTrack'),
  ...membersOf('ICameraVideoTrack').filter((name) => name !== 'clone'),
]);

for (const [title, make] of Object.entries(made)) {
  test(`SDK135: every member is there: ${title}`, () => {
    const it = make();
    const events = new Set(['ILocalAudioTrack', 'ILocalVideoTrack', 'IRemoteVideoTrack'].flatMap(eventsOf));
    const members = namesOf(title).filter(
      (name) => !ofOthers.has(name) && !events.has(name) && !/^on[A-Z]/.test(name),
    );
    expect(members.length).toBeGreaterThan(5);
    expect(members.filter((name) => !(name in it))).toEqual([]);
  });

  test(`SDK135: what is refused says NOT_SUPPORTED and a sentence: ${title}`, async () => {
    const it = make() as Record<string, (...args: unknown[]) => unknown>;
    for (const name of refusedIn(title)) {
      // The modes and settings that ask for something.
      const args = name === 'setEncryptionConfig' ? ['aes-128-gcm2', 'secret'] : [askingFor[name] ?? {}];
      const call = async () => it[name]?.(...args);
      const error = await call().then(
        () => 'it did not refuse',
        (reason: Error) => reason.message,
      );
      expect(error, name).toMatch(/^AgoraRTCError NOT_SUPPORTED: Housecount has no \w.{4}/);
    }
  });
}
const askingFor: Readonly<Record<string, unknown>> = {
  setDualStreamMode: 1,
  setImageModeration: true,
  setBeautyEffect: true,
  setAudioFrameCallback: () => undefined,
};
