/** The stage at which an attempt without an answer failed: in a badge's length, and in a sentence's. */
const stages: Readonly<Record<string, readonly [short: string, long: string]>> = {
  address: ['refused', 'the address is not allowed'],
  resolve: ['no address', 'the host name has no address'],
  connect: ['no connection', 'no connection could be made'],
  tls: ['TLS', 'the certificate could not be verified, or TLS failed'],
  send: ['cut off', 'the connection broke while the notice was sent'],
  'answer-timeout': ['timeout', 'no answer came in time'],
  answer: ['bad answer', 'the answer broke off or could not be read'],
};

/** The stage at which an attempt failed, in one or two words. */
export function stageInShort(stage: string): string {
  return stages[stage]?.[0] ?? stage;
}

/** The stage at which an attempt failed, as part of a sentence. */
export function wordsOfStage(stage: string): string {
  return stages[stage]?.[1] ?? `it failed at “${stage}”`;
}

/** The server's few words on an attempt (`status 503`, `connect: refused`) as part of a sentence. */
export function wordsOfResult(result: string): string {
  const status = /^status (\d{3})$/.exec(result)?.[1];
  if (status !== undefined) return `it answered ${status}`;
  const [, stage = '', detail = ''] = /^([a-z-]+): (.*)$/s.exec(result) ?? [];
  return stages[stage] ? `${wordsOfStage(stage)} (${detail.replace(/\.$/, '')})` : result;
}
