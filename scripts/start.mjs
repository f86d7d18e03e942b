// `npm start`: sets up what is missing, then runs `housecount serve` with the arguments given.
import { endWithNpm } from './setup/ends-with-npm.mjs';
import { root, setUpBuilds, setUpPackages } from './setup/setup.mjs';

endWithNpm();
await setUpPackages();
// What the server gives out.
setUpBuilds(['rtc', 'rtm', 'console']);
process.chdir(root);
process.argv.splice(2, 0, 'serve');
// The launcher takes signals from now on, and the server does not outlive it.
await import('../packages/cli/bin/housecount.mjs');
