// `npm run test:watch FILE`: runs the file's tests, and again at every change of it or of what it imports. FILE is a path, or a part of one.
import { spawn } from 'node:child_process';
import { relative } from 'node:path';
import { bunPath } from './setup/bun.mjs';
import { endWithNpm } from './setup/ends-with-npm.mjs';
import { root, setUpBuilds, setUpChromium, setUpPackages } from './setup/setup.mjs';
import { filesBelow } from './spec-rules.mjs';

const [wanted, ...options] = process.argv.slice(2);
if (wanted === undefined || wanted.startsWith('-')) {
  console.error(
    'usage: npm run test:watch FILE [-- options of `bun test`]\nFILE is a path, or a part of one: apply.test, whip',
  );
  process.exit(2);
}
const files = ['packages', 'scripts', 'bench', 'tools']
  .flatMap((folder) => [...filesBelow(`${root}${folder}`)])
  .map((path) => relative(root, path))
  .filter((path) => /\.test\.(ts|tsx|mjs)$/.test(path));
const part = wanted.replace(/^\.\//, '');
const found = files.includes(part) ? [part] : files.filter((path) => path.includes(part));
if (found.length === 0) {
  console.error(`no file of tests has "${wanted}" in its path`);
  process.exit(2);
}

endWithNpm();
await setUpPackages();
// What stands beside its sources needs no builds.
if (!found.every((path) => /^packages\/[^/]+\/src\//.test(path))) setUpBuilds();
const env = { ...process.env };
if (found.some((path) => path.includes('/browser/'))) env.HOUSECOUNT_CHROMIUM = setUpChromium();
console.error(`watching ${found.length === 1 ? found[0] : `${found.length} files of tests`}`);
// What runs in Node is tested in Node.
const isForNode = found.every((path) => path.endsWith('.mjs'));
const [command, args] = isForNode
  ? [process.execPath, ['--test', '--watch', ...options, ...found]]
  : [bunPath(), ['test', '--watch', '--timeout', '120000', ...options, ...found.map((path) => `./${path}`)]];
const child = spawn(command, args, { cwd: root, env, stdio: 'inherit' });
for (const signal of /** @type {NodeJS.Signals[]} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
  process.on(signal, () => child.kill(signal));
child.on('exit', (status, signal) => process.exit(signal ? 0 : (status ?? 1)));
