// `npm start`: sets up what is missing, then runs `housecount serve` with the arguments given.
import { root, setUpBuilds, setUpPackages } from './setup.mjs';

/** How often to look whether npm is still there, milliseconds. */
const lookMs = 500;

const parent = process.ppid;
await setUpPackages();
setUpBuilds();
process.chdir(root);
process.argv.splice(2, 0, 'serve');
// The launcher takes signals from now on, and the server does not outlive it.
await import('../packages/cli/bin/housecount.mjs');
// A signal to npm ends npm and the shell between, and does not come here: then nobody could stop the server any more.
if (process.env.npm_lifecycle_event === 'start')
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM');
  }, lookMs);
