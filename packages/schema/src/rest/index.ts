export * from './agora.ts';
export * from './channels.ts';
export * from './deliveries.ts';
export * from './endpoints.ts';
export * from './notices.ts';
export * from './rules.ts';
export * from './session.ts';
export * from './signaling.ts';
