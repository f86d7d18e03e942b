export * from './agora-notices.ts';
export * from './events-lost.ts';
export * from './standard-notices.ts';
