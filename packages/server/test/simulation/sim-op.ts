import type { Role } from '@housecount/protocol';

export const app = '0123456789abcdef0123456789abcdef';

/** The requests of a simulated client to the machine. */
export type ClientOp =
  | {
      readonly type: 'join';
      readonly channel: string;
      readonly uid: number;
      readonly role: Role;
      /** The user whom its token names beside it. */
      readonly userId?: string;
      /** Its page says that a link comes. */
      readonly linkAwaited?: true;
    }
  | {
      readonly type: 'resume';
      readonly channel: string;
      readonly attempt: number;
      readonly userId?: string;
    }
  | { readonly type: 'bye'; readonly channel: string }
  | { readonly type: 'role'; readonly channel: string; readonly role: Role }
  /** This and the next are of live channels alone. Its page proves that it is this user. */
  | { readonly type: 'link'; readonly channel: string; readonly userId: string }
  | { readonly type: 'streams'; readonly channel: string; readonly audio: boolean; readonly video: boolean };
/** `retry`: refused for now. `gone`: the member is out. */
export type Reply = 'ok' | 'retry' | 'gone';
