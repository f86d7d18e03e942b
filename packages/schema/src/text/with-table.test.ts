import { expect, test } from 'bun:test';
import { withTable } from './with-table.ts';

const [begin, end] = ['<!-- a: made by `npm run schema` -->', '<!-- end of a -->'];
const page = (...lines: readonly string[]) => ({ path: 'docs/page.md', text: `${lines.join('\n')}\n` });

test('SHAPE3: a table takes the place of the one that was made before', () => {
  const made = withTable(page('Before.', begin, '', '| old |', end, 'After.'), 'a', '| new |');
  expect(made).toBe(page('Before.', begin, '', '| new |', end, 'After.').text);
  expect(withTable({ ...page(), text: made }, 'a', '| new |')).toBe(made);
});

test('SHAPE3: a page without the place of its table is refused, by its name and that of the line', () => {
  const refused = (...lines: readonly string[]) => expect(() => withTable(page(...lines), 'a', '| new |'));
  const lacking = (marker: string) => `docs/page.md must have the line ${marker} once.`;
  for (const lines of [['Text.'], [end], [begin, begin, end]]) refused(...lines).toThrow(lacking(begin));
  for (const lines of [[begin], [begin, end, end]]) refused(...lines).toThrow(lacking(end));
  refused(end, begin).toThrow(`docs/page.md has the line ${end} before ${begin}.`);
});
