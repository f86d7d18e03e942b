import type { Code, SignalingServerFrame } from '@housecount/protocol';
import type { Socket } from '../../net/socket/socket.ts';
import type { SignalingAnswer } from '../names/answer.ts';

/** The connection of a session, as the session needs it. */
export interface SessionConnection {
  readonly socket: Socket;
  /** It has been told to go, or its socket is closed. */
  readonly isOver: boolean;
  send(frame: SignalingServerFrame): void;
  /** Answers the request with this id. */
  answer(id: number, answer: SignalingAnswer): void;
  /** Tells the client why, and closes the socket. */
  end(code: Code): void;
}
