import type { PublishableTrack } from '../api/tracks.ts';
import { failure } from '../errors.ts';
import { LocalTrack } from '../tracks/local-track.ts';

/** Throws, as the API says, if these cannot be published beside those that are. */
export function checkPublishable(
  added: readonly PublishableTrack[],
  published: readonly PublishableTrack[],
): void {
  for (const track of added) {
    if (!isPublishable(track)) throw failure('INVALID_LOCAL_TRACK', 'this is not a local track');
    if (track instanceof LocalTrack && track.closed)
      throw failure('INVALID_LOCAL_TRACK', 'the track is closed');
    if (track.enabled === false)
      throw failure('TRACK_IS_DISABLED', 'can not publish a disabled track: enable it first');
  }
  const pictures = [...published, ...added].filter((track) => track.trackMediaType === 'video');
  if (pictures.length > 1)
    throw failure('CAN_NOT_PUBLISH_MULTIPLE_VIDEO_TRACKS', 'one video track can be published at a time');
}

function isPublishable(track: unknown): track is PublishableTrack {
  if (typeof track !== 'object' || track === null) return false;
  const { trackMediaType, getMediaStreamTrack } = track as Partial<PublishableTrack>;
  return (
    (trackMediaType === 'audio' || trackMediaType === 'video') && typeof getMediaStreamTrack === 'function'
  );
}
