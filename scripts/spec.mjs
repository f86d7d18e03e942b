// `npm run spec`: writes spec/INDEX.md anew, from the rules of spec/ and the tests that cite them.
import { writeFileSync } from 'node:fs';
import { indexPath, indexText, readCitations, readRules } from './spec-rules.mjs';

const { rules } = readRules();
writeFileSync(indexPath, indexText(rules, readCitations(rules)));
console.log(`spec/INDEX.md: ${rules.length} rules`);
