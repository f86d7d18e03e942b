import { signalingErrors } from '@housecount/protocol';
import { needOfChannel, nothing } from '../names/need.ts';
import { keyOf, type RequestLines } from '../names/request.ts';
import { type LinkProofNeeds, linkProof } from './link-proof.ts';
import { type RenewNeeds, renewLoginToken } from './login/login-token.ts';
import { renewStreamToken, type StreamTokenNeeds } from './subscription/stream-token.ts';
import { type SubscribeNeeds, subscribe, unsubscribe } from './subscription/subscribe.ts';

const { joinFailed, subscribeFailed } = signalingErrors;

/** The requests about what a session is in, and for how long. */
export const sessionLines = (
  parts: LinkProofNeeds & RenewNeeds & StreamTokenNeeds & SubscribeNeeds,
): RequestLines<'renew-token' | 'link-proof' | 'subscribe' | 'unsubscribe'> => ({
  'renew-token': {
    need: nothing,
    rate: 'other',
    handle: (session, { token, channel }) =>
      channel === undefined
        ? renewLoginToken(parts, session, token)
        : renewStreamToken(parts, session, channel, token),
  },
  'link-proof': {
    need: nothing,
    rate: 'other',
    handle: (session, { nonce }) => linkProof(parts, session, nonce),
  },
  subscribe: {
    need: (frame) =>
      frame.channelType === 'STREAM'
        ? needOfChannel(frame, ['read', 'write'], joinFailed)
        : needOfChannel(frame, ['read'], subscribeFailed),
    rate: 'subscribe',
    handle: (session, frame) => subscribe(parts, session, keyOf(session, frame), frame),
  },
  unsubscribe: {
    need: nothing,
    rate: 'subscribe',
    handle: (session, frame) => unsubscribe(parts, session, keyOf(session, frame)),
  },
});
