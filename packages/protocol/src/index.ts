export * from './codes.ts';
export * from './events.ts';
export * from './frames.ts';
export * from './names.ts';
export * from './notices.ts';
export * from './parse.ts';
export * from './reasons.ts';
export * from './roster.ts';
