// `npm run api`: writes packages/*/api-report.api.md anew, from the packages as they are built.
import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { root } from '../../scripts/setup/setup.mjs';
import { packages, setUpApiTools } from './setup.mjs';

await setUpApiTools();
const { reportOf, reportPath } = await import('./report.mjs');
for (const name of packages) {
  writeFileSync(reportPath(name), reportOf(name));
  console.log(relative(root, reportPath(name)));
}
