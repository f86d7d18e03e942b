export { Backoff } from './backoff.ts';
export { after, intervalMs, passedMs, stampMs } from './clock.ts';
export type { BodyOf, Dialect, Frames } from './frames.ts';
export { Link } from './link.ts';
export { watchPage } from './page/page.ts';
export { onPageEnd, type PageEnd } from './page/page-end.ts';
export { type RequestEnd, RequestFailed, requestEndOf } from './pending-requests.ts';
export type { Socket, SocketEnd } from './socket.ts';
export { realSurroundings, type SocketLike, type Surroundings } from './surroundings.ts';
