import { signalingErrors } from '../signaling-errors.ts';
import {
  type Check,
  field,
  fieldsFault,
  flag,
  id,
  invalid,
  isObject,
  isString,
  lockName,
  place,
  revision,
  type SignalingFrameChecks,
  userId,
} from './checks.ts';

/** The server decides which keys and revisions are allowed. */
const items: Check = (value, name) => {
  if (!Array.isArray(value))
    return invalid(`"${name}" must be a list.`, signalingErrors.storageInvalidArgument);
  const known = {
    key: field('a string', isString, signalingErrors.storageInvalidArgument),
    value: field('a string', isString, signalingErrors.storageInvalidArgument),
    revision,
  };
  for (const item of value) {
    if (!isObject(item))
      return invalid(`"${name}" must be a list of items.`, signalingErrors.storageInvalidArgument);
    const fault = fieldsFault(item, known, `${name}.`);
    if (fault) return fault;
  }
  return undefined;
};

const target: Check = (value, name) => {
  if (!isObject(value))
    return invalid(`"${name}" must be an object.`, signalingErrors.storageInvalidArgument);
  return fieldsFault(value, Object.hasOwn(value, 'userId') ? { userId } : place, `${name}.`);
};
/** The frames of metadata. */
export const storageFrames: SignalingFrameChecks = {
  'change-metadata': {
    id,
    target,
    mode: field(
      '"set", "update" or "remove"',
      (value) => value === 'set' || value === 'update' || value === 'remove',
      signalingErrors.storageInvalidArgument,
    ),
    items,
    majorRevision: revision,
    lockName,
    addTimeStamp: flag,
    addUserId: flag,
  },
  'get-metadata': { id, target },
  'subscribe-user-metadata': { id, userId },
  'unsubscribe-user-metadata': { id, userId },
};
