import { hasLoneReturn } from './offer.ts';

/** A trickle-ice-sdpfrag body (RFC 8840 section 9): credentials, and candidates by m-section. */
export interface Fragment {
  readonly iceUfrag?: string;
  readonly icePwd?: string;
  readonly candidates: readonly { readonly mid: string; readonly candidate: string }[];
}

/** Candidates in one fragment, at most; more is a malformed fragment. Chosen: a busy laptop has about 20. */
export const fragmentCandidatesMax = 200;

/** ICE credentials (RFC 8839 section 5.4): they go into an offer, and so are nothing else. */
const iceText = /^[A-Za-z0-9+/]{1,256}$/;

/** Reads a fragment; undefined if it is not one. */
export function readFragment(body: string): Fragment | undefined {
  if (hasLoneReturn(body)) return undefined;
  let mid = '0';
  let iceUfrag: string | undefined;
  let icePwd: string | undefined;
  const candidates: { mid: string; candidate: string }[] = [];
  for (const line of body.split(/\r?\n/)) {
    if (line === '') continue;
    if (!/^[a-z]=/.test(line)) return undefined;
    if (line.startsWith('a=ice-ufrag:')) iceUfrag ??= line.slice('a=ice-ufrag:'.length).trim();
    else if (line.startsWith('a=ice-pwd:')) icePwd ??= line.slice('a=ice-pwd:'.length).trim();
    else if (line.startsWith('a=mid:')) mid = line.slice('a=mid:'.length).trim();
    else if (line.startsWith('a=candidate:'))
      candidates.push({ mid, candidate: line.slice('a='.length).trim() });
  }
  if (candidates.length > fragmentCandidatesMax) return undefined;
  if ([iceUfrag, icePwd].some((text) => text !== undefined && !iceText.test(text))) return undefined;
  if (iceUfrag === undefined && candidates.length === 0 && !body.includes('a=end-of-candidates'))
    return undefined;
  return { ...(iceUfrag !== undefined && { iceUfrag }), ...(icePwd !== undefined && { icePwd }), candidates };
}

/** The offer as it would be after an ICE restart: new credentials, the fragment's candidates, all else unchanged. */
export function restartedOffer(offerSdp: string, fragment: Fragment): string {
  const { iceUfrag = '', icePwd = '' } = fragment;
  // As functions: in a text `$'` would stand for all that follows, once for every line.
  const sections = offerSdp
    .replace(/^a=ice-ufrag:.*$/gm, () => `a=ice-ufrag:${iceUfrag}`)
    .replace(/^a=ice-pwd:.*$/gm, () => `a=ice-pwd:${icePwd}`)
    .replace(/^a=(candidate:.*|end-of-candidates)\r?\n/gm, '')
    .split(/(?=^m=)/m);
  return sections
    .map((section, index) => {
      if (index !== 1) return section;
      const lines = fragment.candidates.map(({ candidate }) => `a=${candidate}\r\n`).join('');
      return section.endsWith('\n') ? section + lines : `${section}\r\n${lines}`;
    })
    .join('');
}

/** The fragment that answers an ICE restart: the answer's credentials and candidates. */
export function fragmentOf(answerSdp: string): string {
  const kept = answerSdp
    .split(/\r?\n/)
    .filter((line) =>
      /^(m=|a=(mid|ice-ufrag|ice-pwd|ice-options|ice-lite|candidate|end-of-candidates))/.test(line),
    );
  return `${kept.join('\r\n')}\r\n`;
}
