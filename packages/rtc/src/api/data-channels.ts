import type { EventEmitter } from './event-emitter.ts';

export interface IDataChannelConfig {
  id: number;
  ordered: boolean;
  metadata: string;
}

/** A channel of messages beside the media. Housecount has none: `sendStreamMessage` sends messages over the client's socket. */
export interface IDataChannel extends EventEmitter {
  readonly id: number;
  readonly maxRetransmits: number | null;
  readonly ordered: boolean;
  readonly readyState: RTCDataChannelState;
  readonly metadata: string;
  getChannelId(): number;
  getConfig(): IDataChannelConfig;
}

export interface ILocalDataChannel extends IDataChannel {
  send(data: ArrayBuffer): void;
}

export type IRemoteDataChannel = IDataChannel;
