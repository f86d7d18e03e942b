import { isAppId } from '../../names.ts';
import { signalingVersion } from '../signaling.ts';
import { signalingErrors } from '../signaling-errors.ts';
import {
  type Check,
  channel,
  field,
  fieldsFault,
  id,
  invalid,
  isObject,
  optional,
  type SignalingFrameChecks,
  seconds,
  text,
  token,
  userId,
} from './checks.ts';

const session: Check = (value, name) => {
  if (!isObject(value)) return invalid(`"${name}" must be an object with "id" and "key".`);
  const known = { id: text(128), key: text(1024) };
  return fieldsFault(value, known, `${name}.`);
};

/** The frames of a session as such. */
export const sessionFrames: SignalingFrameChecks = {
  login: {
    version: field(`${signalingVersion}`, (value) => value === signalingVersion),
    app: field('32 hexadecimal characters', isAppId, signalingErrors.invalidAppId, 'invalid_app_id'),
    userId,
    token: optional(token),
    session: optional(session),
    heartbeatInterval: seconds,
    presenceTimeout: seconds,
  },
  ping: {},
  logout: {},
  'renew-token': { id, token, channel: optional(channel) },
};
