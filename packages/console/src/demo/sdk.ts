import type AgoraRTC from '@housecount/rtc';

/** The SDK's types by what makes them, so that the demo depends on its API and nothing else. */
export type Client = ReturnType<typeof AgoraRTC.createClient>;
export type CameraTrack = Awaited<ReturnType<typeof AgoraRTC.createCameraVideoTrack>>;
export type MicrophoneTrack = Awaited<ReturnType<typeof AgoraRTC.createMicrophoneAudioTrack>>;
export type LocalVideo = CameraTrack | ReturnType<typeof AgoraRTC.createCustomVideoTrack>;
export type LocalAudio = MicrophoneTrack | ReturnType<typeof AgoraRTC.createCustomAudioTrack>;
export type RemoteUser = Client['remoteUsers'][number];
/** A member of the channel as the SDK's roster names it. */
export type Person =
  Awaited<ReturnType<Client['roster']>> extends { readonly members: ReadonlyMap<unknown, infer Member> }
    ? Member
    : never;
/** Anything with a picture that can be shown in an element. */
export interface Playable {
  play(element: HTMLElement, config?: { fit?: 'cover' | 'contain' | 'fill'; mirror?: boolean }): void;
  stop(): void;
}
