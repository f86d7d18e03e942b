import type { BodyOf, Dialect, Frames } from '@housecount/link';
import {
  type SignalingClosing,
  type SignalingLogin,
  type SignalingLogout,
  type SignalingOk,
  type SignalingRefused,
  type SignalingRequest,
  type SignalingServerFrame,
  type SignalingWelcome,
  signalingFrameBytesMax,
} from '@housecount/protocol';
import { type ErrorCodeName, errorCodes } from '../errors/error-codes.ts';

/** A request before it has its id. */
export type RequestBody = BodyOf<SignalingRequest>;

/** The frames of signaling. */
export interface SignalingFrames extends Frames {
  readonly hello: SignalingLogin;
  readonly request: RequestBody;
  readonly goodbye: SignalingLogout;
  readonly welcome: SignalingWelcome;
  readonly ok: SignalingOk;
  readonly refusal: SignalingRefused;
  readonly closing: SignalingClosing;
  readonly frame: SignalingServerFrame;
}

/** The error code, by type of request, for a request that is too long because of its content; for the types absent here a parameter is too long. */
const codesOfLong: Partial<Record<RequestBody['type'], ErrorCodeName>> = {
  publish: 'CHANNEL_MESSAGE_LENGTH_EXCEED_LIMITATION',
  'publish-topic': 'CHANNEL_MESSAGE_LENGTH_EXCEED_LIMITATION',
  'change-metadata': 'STORAGE_METADATA_LENGTH_OVERFLOW',
  'set-state': 'PRESENCE_STATE_VALUE_SIZE_OVERFLOW',
  'online-users': 'PRESENCE_INVALID_ARGUMENT',
  'subscribe-topic': 'CHANNEL_INVALID_USER_LIST',
  'unsubscribe-topic': 'CHANNEL_INVALID_USER_LIST',
  'renew-token': 'INVALID_TOKEN',
};

export const signalingDialect: Dialect<SignalingFrames> = {
  refusalType: 'refused',
  frameBytesMax: signalingFrameBytesMax,
  refuseLong: (body) => {
    const states = body.type === 'subscribe' && body.states ? codesOfLong['set-state'] : undefined;
    const token = body.type === 'subscribe' && body.token ? codesOfLong['renew-token'] : undefined;
    const name = codesOfLong[body.type] ?? token ?? states ?? 'INVALID_PARAMETER';
    return {
      code: errorCodes[name],
      reason: `A request has at most ${signalingFrameBytesMax} bytes as JSON`,
    };
  },
};
