import type { ServerFrame } from '@housecount/protocol';
import type { Client } from './client.ts';
import type { SignalingClient } from './signaling-client.ts';

/** The proof that a session is issued for a nonce of a page's connection. */
export async function proofFor(user: SignalingClient, nonce: string): Promise<string> {
  const answer = await user.asks({ type: 'link-proof', nonce });
  const result = answer.type === 'ok' ? answer.result : undefined;
  if (!result || !('proof' in result)) throw new Error(`no proof: ${JSON.stringify(answer)}`);
  return result.proof;
}

/** Beyond the ids of a client's other requests. */
let lastId = 1_000_000;

/** Sends a proof (undefined: the page has none), and resolves with the answer, or with the frame that ends the connection instead. */
export function asksToLink(
  page: Client,
  proof?: string,
): Promise<Extract<ServerFrame, { readonly type: 'ok' | 'error' | 'closing' }>> {
  lastId += 1;
  const id = lastId;
  page.send({ type: 'link', id, ...(proof !== undefined && { proof }) });
  return page.until('an answer to the link, or the end', () => {
    const answers = [...page.all('ok'), ...page.all('error')];
    return answers.find((frame) => frame.id === id) ?? page.all('closing')[0];
  });
}

/** `ok`, or the code of the refusal or of the end. */
export async function answerToLink(page: Client, proof?: string): Promise<string> {
  const answer = await asksToLink(page, proof);
  return answer.type === 'ok' ? 'ok' : answer.code;
}
