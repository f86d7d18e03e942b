import { HousecountError } from '@housecount/protocol';
import type { Random } from '../clock.ts';
import type { MediaEngine } from '../media/contract.ts';
import { type Fragment, fragmentOf, restartedOffer } from './fragment.ts';
import type { MediaSession, MediaSessions } from './session/media-session.ts';

export interface IceNeeds {
  readonly media: Pick<MediaEngine, 'addCandidate' | 'restart'>;
  readonly random: Pick<Random, 'id'>;
  readonly sessions: Pick<MediaSessions, 'get' | 'put'>;
}

export type Patched =
  | { readonly restarted: false }
  | { readonly restarted: true; readonly etag: string; readonly fragment: string };

/**
 * Takes trickled candidates, or restarts ICE if the credentials are new. Resolves with a restart's answer.
 * @throws HousecountError body_invalid, not_found, and what the engine refuses
 */
export async function patchIce(
  { media, random, sessions }: IceNeeds,
  session: MediaSession,
  fragment: Fragment,
): Promise<Patched> {
  if (fragment.iceUfrag === undefined || fragment.iceUfrag === session.iceUfrag) {
    for (const { mid, candidate } of fragment.candidates) media.addCandidate(session.id, mid, candidate);
    return { restarted: false };
  }
  if (fragment.icePwd === undefined)
    throw new HousecountError('body_invalid', 'An ICE restart needs a=ice-pwd.');
  const offerSdp = restartedOffer(session.offerSdp, fragment);
  const answer = await media.restart(session.id, offerSdp);
  if (!answer.ok) throw new HousecountError(answer.code, answer.detail);
  const etag = `"${random.id(12)}"`;
  // As it is now: it may have joined, or been moved or closed, while the engine answered.
  const present = sessions.get(session.id);
  if (!present) throw new HousecountError('not_found');
  sessions.put({ ...present, offerSdp, iceUfrag: fragment.iceUfrag, etag });
  return { restarted: true, etag, fragment: fragmentOf(answer.answerSdp) };
}
