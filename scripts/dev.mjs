// `npm run dev`: the server, started anew when its sources change; the console from its sources, which open pages take by themselves;
// and the SDKs that the server gives out, built anew. Arguments are those of `housecount serve`.
import { spawn } from 'node:child_process';
import { watch } from 'node:fs';
import { join } from 'node:path';
import { startDevServer } from './dev-server.mjs';
import { endWithNpm } from './setup/ends-with-npm.mjs';
import { partsOf, root, setUpBuilds, setUpPackages, sourcesOf } from './setup/setup.mjs';

/** An editor saves several files at once, each in several steps: what changes within this time is one change, milliseconds. */
const debounceMs = 200;
/** Packages whose builds the server gives out under /sdk/. */
const sdks = ['rtc', 'rtm'];

/** SDKs that are being built, and those whose sources have changed since. */
const building = new Set();
const again = new Set();

const say = (/** @type {string} */ text) => process.stderr.write(`housecount dev: ${text}\n`);

endWithNpm();
await setUpPackages();
setUpBuilds(sdks);
process.chdir(root);

const server = startDevServer(process.argv.slice(2), say);
// What runs in the server's process.
onChange(partsOf('cli'), (/** @type {string} */ path) => {
  say(`${path} changed: the server starts anew …`);
  server.restart();
});
for (const sdk of sdks) onChange(sourcesOf(sdk), () => buildAgain(sdk));
const consoleUrl = await startConsole(await server.url);
say(`the console from its sources: ${consoleUrl}  (open this one: it changes as you save)`);

// Vite would end this process at once: the server says goodbye first.
process.removeAllListeners('SIGTERM');
let isEnding = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, async () => {
    if (isEnding) return;
    isEnding = true;
    await server.end();
    process.exit(0);
  });

/** Calls `take` with the first path that changed, once for all changes of a moment. Tests are no sources. */
function onChange(/** @type {Iterable<string>} */ packages, /** @type {(path: string) => void} */ take) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  for (const name of packages) {
    const folder = join('packages', name, 'src');
    watch(join(root, folder), { recursive: true }, (_, file) => {
      if (file === null || !/\.(ts|tsx|json|mjs)$/.test(file) || /\.test\.tsx?$/.test(file)) return;
      clearTimeout(timer);
      timer = setTimeout(() => take(join(folder, file)), debounceMs);
    });
  }
}

/** Builds an SDK in the background; a change meanwhile leads to one more build. */
function buildAgain(/** @type {string} */ name) {
  if (building.has(name)) return void again.add(name);
  building.add(name);
  const build = spawn('npm', ['run', '--silent', 'build', '-w', `packages/${name}`], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  build.on('close', (status) => {
    say(status === 0 ? `packages/${name} is built anew` : `packages/${name} could not be built`);
    building.delete(name);
    if (again.delete(name)) buildAgain(name);
  });
}

/** Vite over the console's sources; what is the server's it passes on to there (packages/console/vite.config.ts). */
async function startConsole(/** @type {string} */ target) {
  const { createServer, createLogger } = await import('vite');
  const logger = createLogger('warn');
  // While the server starts anew there is nobody to pass requests on to; pages try again by themselves.
  const isNews = (/** @type {string} */ text) => !/proxy error/.test(text);
  const { error, warn } = logger;
  logger.error = (text, options) => isNews(text) && error(text, options);
  logger.warn = (text, options) => isNews(text) && warn(text, options);
  process.env.HOUSECOUNT_URL = target;
  const vite = await createServer({
    root: join(root, 'packages/console'),
    customLogger: logger,
    clearScreen: false,
  });
  await vite.listen();
  return vite.resolvedUrls?.local[0];
}
