/** The server refused, and asking the same again would not help. The message says what to give instead. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';

  constructor(
    message: string,
    /** The server's own code, such as `no_longer_kept`; undefined if what answered is no Housecount. */
    readonly code?: string,
  ) {
    super(message);
  }
}
