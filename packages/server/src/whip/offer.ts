import type { Code } from '@housecount/protocol';

/** The part of an offer that admission needs; the media engine reads the rest. */
export interface Offer {
  readonly audio: boolean;
  readonly video: boolean;
  /** ICE user fragment of the first section: tells a trickle from a restart. */
  readonly iceUfrag: string;
}

export type OfferOutcome =
  | { readonly ok: true; readonly offer: Offer }
  | { readonly ok: false; readonly code: Code; readonly detail: string };

const refuse = (code: Code, detail: string): OfferOutcome => ({ ok: false, code, detail });

/**
 * Checks an SDP offer against what WHIP (publish) or WHEP (play) allows: one audio and one video section at most, the
 * right direction, not passive. RFC 9725 sections 4.2 and 4.4; draft-ietf-wish-whep section 4.
 */
export function readOffer(sdp: string, purpose: 'publish' | 'play'): OfferOutcome {
  if (hasLoneReturn(sdp)) return refuse('sdp_invalid', 'A line ends with a carriage return alone.');
  if (!sdp.startsWith('v=0')) return refuse('sdp_invalid', 'The body does not begin with v=0.');
  const [session = '', ...written] = sdp.split(/\r?\n(?=m=)/);
  const sections = written.filter((section) => !isDeclined(section));
  if (sections.length === 0) return refuse('sdp_invalid', 'There is no m= section that offers something.');
  let audio = false;
  let video = false;
  for (const section of sections) {
    const kind = /^m=(\S+) (\d+) /.exec(section);
    if (!kind) return refuse('sdp_invalid', 'An m= line cannot be read.');
    if (kind[1] === 'audio' && !audio) audio = true;
    else if (kind[1] === 'video' && !video) video = true;
    else
      return refuse(
        'sdp_invalid',
        `At most one audio and one video section are taken; there is another ${kind[1]}.`,
      );
    const direction =
      attribute(section, session, /^a=(sendrecv|sendonly|recvonly|inactive)\s*$/m) ?? 'sendrecv';
    const wanted = purpose === 'publish' ? 'sendonly' : 'recvonly';
    if (direction !== wanted && direction !== 'sendrecv') {
      return refuse('sdp_invalid', `The ${kind[1]} section is ${direction}; it must be ${wanted}.`);
    }
    if (attribute(section, session, /^a=setup:(\S+)\s*$/m) === 'passive') {
      return refuse('sdp_invalid', 'a=setup must be actpass or active: the server never begins DTLS.');
    }
  }
  const iceUfrag = attribute(sections[0] ?? '', session, /^a=ice-ufrag:(\S+)\s*$/m);
  if (!iceUfrag) return refuse('sdp_invalid', 'a=ice-ufrag is missing.');
  if (!attribute(sections[0] ?? '', session, /^a=fingerprint:(\S+ \S+)\s*$/m)) {
    return refuse('sdp_invalid', 'a=fingerprint is missing.');
  }
  return { ok: true, offer: { audio, video, iceUfrag } };
}

/** A section that was stopped offers nothing; with bundle-only, port 0 only says that it has none of its own (RFC 9143 section 6). */
const isDeclined = (section: string): boolean =>
  /^m=\S+ 0 /.test(section) && !/^a=bundle-only\s*$/m.test(section);

/**
 * Lines end with CRLF, or with LF (RFC 8866 section 9). What ends with CR alone one reader takes for a line and another does not:
 * behind it a section could hide from those who decide what may be sent.
 */
export const hasLoneReturn = (text: string): boolean => /\r(?!\n)/.test(text);

/** An attribute of the section, else of the session part. */
function attribute(section: string, session: string, pattern: RegExp): string | undefined {
  return pattern.exec(section)?.[1] ?? pattern.exec(session)?.[1];
}
