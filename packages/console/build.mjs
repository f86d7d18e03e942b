// The console, which the server serves.
import { build } from 'vite';
import { buildWhole } from '../../scripts/setup/setup.mjs';

const root = import.meta.dirname;
await buildWhole(root, () => build({ root }));
