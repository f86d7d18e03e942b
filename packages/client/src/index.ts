export * from './client.ts';
export * from './errors.ts';
export type * from './generated/types.ts';
export * from './request.ts';
