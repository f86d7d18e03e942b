import type { Socket } from '../../net/socket/socket.ts';
import type { Audiences } from './audiences.ts';

/** The socket gets what is published on the topic, until the returned function is called, once. */
export function follow(audiences: Audiences, socket: Socket, topic: string): () => void {
  socket.subscribe(topic);
  const leave = audiences.enter(topic);
  return () => {
    socket.unsubscribe(topic);
    leave();
  };
}
