// `npm start`: sets up what is missing, then runs `housecount serve` with the arguments given.
import { spawn } from 'node:child_process';
import { bunPath } from './bun.mjs';
import { root, setUpBuilds, setUpPackages } from './setup.mjs';

setUpPackages();
setUpBuilds();
const child = spawn(bunPath(), ['packages/cli/src/main.ts', 'serve', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (status, signal) => process.exit(status ?? (signal ? 1 : 0)));
