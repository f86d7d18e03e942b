// Builds a package: each script with esbuild, then the declarations of its entries, in one file of each entry. What a package's own
// build.mjs says is which files it has. Decided in docs/decisions/packages-that-install.md.
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { rolldown } from 'rolldown';
import { dts } from 'rolldown-plugin-dts';
import { buildWhole, root } from '../setup/setup.mjs';
import { oldestBrowsers } from './browsers.mjs';

const sources = '@housecount/source';
const ours = /^@housecount\/([a-z]+)$/;

/**
 * What pages load is as small as it can be.
 * @type {import('esbuild').BuildOptions}
 */
export const forPages = {
  minify: true,
  // Node shows the whole line in which an error was thrown, and terminals and browsers are slow with one of 90 kB.
  lineLimit: 240,
  target: oldestBrowsers,
  platform: 'browser',
  sourcemap: true,
};

/**
 * @typedef {object} Made
 * @property {{ entry: string, file: string, format: 'esm' | 'cjs' | 'iife' }[]} scripts Each entry and the file in `dist/` that it becomes, in that kind of module.
 * @property {import('esbuild').BuildOptions} options For every script.
 * @property {Record<string, string>} types Each file of declarations, without its ending, and the entry that it declares.
 * @property {string} [language] The newest standard library that the sources may use.
 */

/**
 * Fills `dist/` of the package in `folder`.
 *
 * @param {string} folder
 * @param {Made} made
 */
export async function buildPackage(folder, made) {
  const dist = join(folder, 'dist');
  await buildWhole(folder, async () => {
    rmSync(dist, { recursive: true, force: true });
    mkdirSync(dist);
    try {
      await bundleScripts(folder, made);
      await declare(folder, made);
    } catch (error) {
      // What failed is not kept.
      rmSync(dist, { recursive: true, force: true });
      throw error;
    }
  });
}

async function bundleScripts(/** @type {string} */ folder, /** @type {Made} */ { scripts, options }) {
  const external = outsideOf(folder);
  /** @type {import('esbuild').BuildOptions} */
  const shared = { bundle: true, conditions: [sources], legalComments: 'none', external, ...options };
  for (const { entry, file, format } of scripts) {
    const outfile = join(folder, 'dist', file);
    await build({ ...shared, entryPoints: [join(folder, entry)], outfile, format });
    const zipped = gzipSync(readFileSync(outfile)).length;
    console.log(`dist/${file}  ${statSync(outfile).size} bytes, ${zipped} gzipped`);
  }
}

/** The compiler's declarations, a file for each source, become one file for each entry, which names no other package than it has to. */
async function declare(/** @type {string} */ folder, /** @type {Made} */ { types, language = 'ES2022' }) {
  const dist = join(folder, 'dist');
  const unbundled = join(dist, 'unbundled');
  const config = join(unbundled, 'tsconfig.json');
  mkdirSync(unbundled, { recursive: true });
  const packages = join(root, 'packages');
  const inside = Object.keys(manifestOf(folder).devDependencies).flatMap(
    (name) => ours.exec(name)?.[1] ?? [],
  );
  const sourceOf = (/** @type {string} */ name) => join(packages, name, 'src/index.ts');
  // What is found by way of node_modules is another's to the compiler, for which it writes nothing; and of a file that is found that way and
  // another, chance decides.
  const paths = Object.fromEntries(inside.map((name) => [`@housecount/${name}`, [sourceOf(name)]]));
  const compilerOptions = {
    paths,
    ...{ noEmit: false, declaration: true, emitDeclarationOnly: true, stripInternal: true },
    ...{ lib: [language, 'DOM', 'DOM.Iterable'], types: [], rootDir: packages, outDir: unbundled },
  };
  const entries = Object.values(types).map((entry) => join(folder, entry));
  const files = [...entries, ...inside.map(sourceOf)];
  const options = { extends: join(root, 'tsconfig.json'), compilerOptions, files, include: [] };
  writeFileSync(config, JSON.stringify(options));
  const tsc = fileURLToPath(
    import.meta.resolve('typescript/package.json').replace('package.json', 'bin/tsc'),
  );
  execFileSync(process.execPath, [tsc, '-p', config], { stdio: 'inherit' });

  const resolveInside = {
    name: 'resolve-inside',
    resolveId: {
      // Before the resolver of declarations, which would find the sources.
      order: 'pre',
      handler(/** @type {string} */ id) {
        const name = ours.exec(id)?.[1];
        return name !== undefined && inside.includes(name)
          ? join(unbundled, name, 'src/index.d.ts')
          : undefined;
      },
    },
  };
  /** @type {Record<string, string>} */
  const input = {};
  for (const [name, entry] of Object.entries(types))
    input[name] = join(unbundled, basename(folder), entry.replace(/\.ts$/, '.d.ts'));
  const bundle = await rolldown({
    input,
    external: outsideOf(folder),
    logLevel: 'silent',
    // The declarations are made: it has nothing to compile, and asks for no compiler.
    plugins: [resolveInside, dts({ dtsInput: true, oxc: true, tsconfig: false })],
  });
  await bundle.write({ dir: dist, format: 'es', minifyInternalExports: false, chunkFileNames: 'shared.js' });
  await bundle.close();
  rmSync(unbundled, { recursive: true });
  // It says from which file each part is, and those are gone.
  for (const name of readdirSync(dist).filter((file) => file.endsWith('.d.ts'))) {
    const text = readFileSync(join(dist, name), 'utf8');
    writeFileSync(join(dist, name), text.replaceAll(/^\/\/ .*dist\/unbundled\/.*\n/gm, ''));
  }
  // For `require` the same declarations stand beside the scripts of CommonJS, in a folder of such modules.
  const cjs = join(dist, 'cjs');
  if (!existsSync(cjs)) return;
  for (const name of readdirSync(dist)) if (name.endsWith('.d.ts')) cpSync(join(dist, name), join(cjs, name));
  writeFileSync(join(cjs, 'package.json'), '{ "type": "commonjs" }\n');
}

const manifestOf = (/** @type {string} */ folder) =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
/** Packages that stay outside, because the app has them. */
const outsideOf = (/** @type {string} */ folder) => Object.keys(manifestOf(folder).peerDependencies ?? {});
