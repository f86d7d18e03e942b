import { HousecountError } from '@housecount/protocol';

export const keyHeader = 'idempotency-key';
export const replayedHeader = 'idempotency-replayed';

/** Characters of a key. */
export const keyLengthMax = 255;

/** The key that a request's header names, as it stands there. @throws HousecountError header_invalid */
export function keyOfHeader(headers: Headers): string | undefined {
  const key = headers.get(keyHeader);
  if (key === null) return undefined;
  if (key.length > keyLengthMax || !/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(key))
    throw new HousecountError(
      'header_invalid',
      `Idempotency-Key must be 1 to ${keyLengthMax} visible ASCII characters.`,
    );
  return key;
}
