export * from './body.ts';
export * from './check.ts';
export { extensions } from './extensions.ts';
export { formats, isHeaderName, isStandardSecret, whsecBytesMax, whsecBytesMin } from './formats.ts';
export * from './names.ts';
export * from './publish.ts';
export { isReservedHeader } from './reserved-headers.ts';
export * from './rest/index.ts';
export * from './shape.ts';
