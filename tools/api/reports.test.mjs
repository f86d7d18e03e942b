import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { packages, setUpApiTools } from './setup.mjs';

await setUpApiTools();
const { reportOf, reportPath } = await import('./report.mjs');

for (const name of packages)
  test(`PROJ7: the public types of packages/${name} are those of its report`, () => {
    const wanted = readFileSync(reportPath(name), 'utf8');
    assert.ok(
      reportOf(name) === wanted,
      `packages/${name}/api-report.api.md is stale: run \`npm run api\`, look at what changed for users, add a changeset, and commit all three`,
    );
  });
