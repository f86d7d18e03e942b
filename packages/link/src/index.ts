export * from './backoff.ts';
export * from './clock.ts';
export * from './page/page.ts';
export * from './page/page-end.ts';
export * from './ticker.ts';
