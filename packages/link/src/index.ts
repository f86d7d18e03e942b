export * from './backoff.ts';
export * from './clock.ts';
export * from './frames.ts';
export * from './link.ts';
export * from './page/page.ts';
export * from './page/page-end.ts';
export { type RequestEnd, RequestFailed, requestEndOf } from './pending-requests.ts';
export type { Parting, Socket, SocketEnd } from './socket.ts';
export * from './surroundings.ts';
