// `npm run spec`: writes spec/INDEX.md anew, from the rules of spec/ and the tests that cite them, and the list of docs/decisions.
import { writeFileSync } from 'node:fs';
import {
  decisionsPath,
  decisionsText,
  indexPath,
  indexText,
  readCitations,
  readRules,
} from './spec-rules.mjs';

const { rules } = readRules();
writeFileSync(indexPath, indexText(rules, readCitations(rules)));
writeFileSync(decisionsPath, decisionsText());
console.log(`spec/INDEX.md: ${rules.length} rules`);
