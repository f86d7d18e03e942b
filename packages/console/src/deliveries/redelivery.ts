import type { Redelivery } from '@housecount/client';

/** The state of a redelivery, as a sentence. */
export function wordsOfRedelivery(redelivery: Redelivery): string {
  const { state, notices, delivered, failed } = redelivery;
  switch (state) {
    case 'waiting':
      return `Waits for its turn: ${ofNotices(notices)}`;
    case 'running':
      return `Being sent again: ${(delivered + failed).toLocaleString()} of ${ofNotices(notices)}`;
    case 'done':
      return notices === 0 ? 'Nothing had to be sent' : `Done: ${cameTo(redelivery)}`;
    case 'cancelled':
      return `Cancelled: ${cameTo(redelivery)}`;
    case 'failed':
      return `Ended early: ${cameTo(redelivery)}`;
  }
}

function cameTo({ notices, delivered, failed, gone }: Redelivery): string {
  const left = notices - delivered - failed - gone;
  const parts = [
    failed > 0 && `${failed.toLocaleString()} failed`,
    gone > 0 && `${gone.toLocaleString()} no longer kept`,
    left > 0 && `${left.toLocaleString()} not sent`,
  ].filter((part) => typeof part === 'string');
  const taken = `${delivered.toLocaleString()} of ${ofNotices(notices)} taken`;
  return parts.length === 0 && notices > 1 ? `all ${ofNotices(notices)} taken` : [taken, ...parts].join(', ');
}

/** `1 notice`, `1,200 notices`. */
export function ofNotices(count: number): string {
  return `${count.toLocaleString()} ${count === 1 ? 'notice' : 'notices'}`;
}
