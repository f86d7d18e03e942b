import type { IRemoteDataChannel } from './data-channels.ts';
import type { IRemoteAudioTrack, IRemoteVideoTrack } from './tracks.ts';
import type { UID } from './uid.ts';

export type UserLeftReason = 'Quit' | 'ServerTimeOut' | 'BecomeAudience';

/** A host as the page sees it; the same object for as long as the host is one. */
export interface IAgoraRTCRemoteUser {
  uid: UID;
  hasAudio: boolean;
  hasVideo: boolean;
  audioTrack?: IRemoteAudioTrack | undefined;
  videoTrack?: IRemoteVideoTrack | undefined;
  dataChannels?: IRemoteDataChannel[] | undefined;
}
