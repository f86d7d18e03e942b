/** The command line as it is in the installed package: a bundle, and beside it what the server hands out. */
import { fileURLToPath } from 'node:url';
import { housecount } from './housecount.ts';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

await housecount({ console: at('../console'), sdks: at('../sdk'), mediaChild: at('./media-child.js') });
