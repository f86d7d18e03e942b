import { failure } from '../errors.ts';
import { type MediaResource, patchRestart } from './whip-client.ts';

/**
 * Looks for another way for the media of a session, whose transport and streams stay (RFC 9725 section 4.3.2). It waits for no
 * candidates: the server learns our address from the checks that it receives. Rejects OfferRefused, NETWORK_ERROR, OPERATION_ABORTED,
 * or what the browser throws.
 */
export async function restartIce(
  connection: RTCPeerConnection,
  resource: MediaResource,
  options: {
    readonly bearer: string;
    readonly iceServers: readonly RTCIceServer[];
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { bearer, iceServers, signal } = options;
  // Passwords of relays may have ended since the session was opened. Firefox before 118 keeps those that it was given.
  if ('setConfiguration' in connection)
    connection.setConfiguration({ ...connection.getConfiguration(), iceServers: [...iceServers] });
  connection.restartIce();
  await connection.setLocalDescription(await connection.createOffer());
  const fragment = await patchRestart(
    resource,
    bearer,
    credentialsOf(connection.localDescription?.sdp ?? ''),
    signal,
  );
  await connection.setRemoteDescription({
    type: 'answer',
    sdp: restartedAnswer(resource.answerSdp, fragment),
  });
}

function credentialsOf(offerSdp: string): string {
  const lines = ['a=ice-ufrag:', 'a=ice-pwd:', 'm=', 'a=mid:'].flatMap(
    (start) => offerSdp.split(/\r?\n/).find((line) => line.startsWith(start)) ?? [],
  );
  return `${lines.join('\r\n')}\r\n`;
}

/** The answer with the fragment's credentials and candidates in place of its own. */
export function restartedAnswer(answerSdp: string, fragment: string): string {
  const credential = (name: string): string => {
    const value = new RegExp(`^a=${name}:(.*)$`, 'm').exec(fragment)?.[1];
    if (value === undefined) throw failure('UNEXPECTED_RESPONSE', `the server gave no ${name}`);
    return value;
  };
  const [ufrag, password] = [credential('ice-ufrag'), credential('ice-pwd')];
  const candidates = (fragment.match(/^a=candidate:.*$/gm) ?? []).map((line) => `${line}\r\n`).join('');
  return (
    answerSdp
      .replace(/^a=(candidate:.*|end-of-candidates)\r?\n/gm, '')
      .replace(/^a=ice-ufrag:.*$/gm, () => `a=ice-ufrag:${ufrag}`)
      .replace(/^a=ice-pwd:.*$/gm, () => `a=ice-pwd:${password}`)
      // The bundle's transport is in its first section.
      .replace(/^a=ice-pwd:.*\r?\n/m, (line) => line + candidates)
  );
}
