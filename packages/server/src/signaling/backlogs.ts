import type { Conversation } from '../net/session/conversation.ts';

/** Open conversations, as far as what waits to be read goes. */
interface Open {
  all(): Iterable<Pick<Conversation<unknown, unknown>, 'socket' | 'end'>>;
}

/** Bytes that wait for all readers together. */
export function backlogBytes(open: Open): number {
  let bytes = 0;
  for (const { socket } of open.all()) bytes += socket.bufferedBytes();
  return bytes;
}

/** Bounds the bytes that wait for all readers together: those that are furthest behind make room. */
export function cutSlowest(open: Open, bytesMax: number): void {
  let bytes = backlogBytes(open);
  if (bytes <= bytesMax) return;
  const byBacklog = Array.from(
    open.all(),
    (conversation) => [conversation.socket.bufferedBytes(), conversation] as const,
  );
  for (const [waiting, conversation] of byBacklog.sort(([one], [other]) => other - one)) {
    if (bytes <= bytesMax) return;
    bytes -= waiting;
    conversation.end('slow_reader');
    // It would not read that it is told to go.
    conversation.socket.terminate();
  }
}
