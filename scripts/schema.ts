/** `npm run schema`: writes what is made of the schemas. With `--check` it writes nothing, and fails if anything is not as it should be. */
import { readFileSync, writeFileSync } from 'node:fs';
import { generatedFiles } from '../packages/server/testing/generated-files.ts';

const isCheck = process.argv.includes('--check');
let stale = 0;
for (const { path, text } of await generatedFiles()) {
  const url = new URL(`../${path}`, import.meta.url);
  const before = readFileSync(url, { encoding: 'utf8', flag: 'a+' });
  if (before === text) continue;
  stale += 1;
  if (!isCheck) writeFileSync(url, text);
  console.log(`${path}: ${isCheck ? 'is not what `npm run schema` makes' : 'written'}`);
}
if (isCheck && stale > 0) process.exitCode = 1;
