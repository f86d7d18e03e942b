// `npm run docs`: pages about every public type of the packages, in dist/api-docs/, from the packages as they are built.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/setup/setup.mjs';
import { compilerOptions, packages, setUpApiTools } from './setup.mjs';

await setUpApiTools();
const { Application } = await import('typedoc');
const entryPoints = packages.map((name) => join(root, 'packages', name, 'dist/index.d.ts'));
// TypeDoc takes compiler options from a file alone.
const tsconfig = join(root, 'tools/api/node_modules/.tsconfig.json');
writeFileSync(tsconfig, JSON.stringify({ compilerOptions, files: entryPoints }));
const out = join(root, 'dist/api-docs');
rmSync(out, { recursive: true, force: true });
const app = await Application.bootstrap({
  name: 'Housecount',
  entryPoints,
  tsconfig,
  disableSources: true,
  readme: join(root, 'README.md'),
  // Types that a package uses and does not export by name are part of its API all the same; comments name rules that are no links.
  validation: { notExported: false, invalidLink: false, invalidPath: false },
});
const project = await app.convert();
if (project === undefined) process.exit(1);
for (const module of project.children ?? []) module.name = `@housecount/${module.name.replace('/dist', '')}`;
await app.generateDocs(project, out);
console.log('the pages begin at dist/api-docs/index.html');
