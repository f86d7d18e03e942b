import type { BodyOf, Dialect, Frames } from '@housecount/link';
import {
  type ClientFrame,
  type ClosingFrame,
  clientFrameBytesMax,
  codes,
  type ErrorFrame,
  type HelloFrame,
  type OkFrame,
  type ServerFrame,
  type WelcomeFrame,
} from '@housecount/protocol';

/** A frame that is answered by `ok` or `error`, before it has its id. */
export type RequestBody = BodyOf<ClientFrame>;

/** The frames of live channels. */
export interface LiveFrames extends Frames {
  readonly hello: HelloFrame;
  readonly request: RequestBody;
  readonly goodbye: Extract<ClientFrame, { type: 'bye' }>;
  readonly welcome: WelcomeFrame;
  readonly ok: OkFrame;
  readonly refusal: ErrorFrame;
  readonly closing: ClosingFrame;
  readonly frame: ServerFrame;
}

export const liveDialect: Dialect<LiveFrames> = {
  refusalType: 'error',
  frameBytesMax: clientFrameBytesMax,
  refuseLong: () => {
    const code = 'frame_too_large';
    return { code, message: codes[code].message };
  },
};
