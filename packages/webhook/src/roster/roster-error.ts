/** Why a Roster could not do what it was asked. Codes are added, never renamed. */
export type RosterErrorCode =
  /** The notice carries a sid, seq or uid that no server sends. */
  | 'notice_invalid'
  /** A notice of a type that `types` says is not subscribed. */
  | 'type_not_named'
  /** The limit of notices that wait for a hole is reached, and nothing heals it. */
  | 'waiting_full'
  /** The limit of notices that wait in this process for the store is reached. */
  | 'overloaded'
  /** Other processes changed the channel each time that this one tried to. */
  | 'store_contended'
  /** The memory store holds as many open channels as it may. */
  | 'store_full'
  /** The store gave back a text that no Roster had saved. */
  | 'store_corrupt'
  /** The server did not answer, or not as documented. */
  | 'heal_failed';

export class RosterError extends Error {
  override readonly name = 'RosterError';
  readonly code: RosterErrorCode;

  constructor(code: RosterErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
