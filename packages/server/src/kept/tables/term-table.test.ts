import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { termSuite } from '../../../testing/suites/kept-contract.ts';
import { quietLogger } from '../../../testing/worlds/notify-world.ts';
import { type TermFormat, TermTable } from './term-table.ts';

const format: TermFormat<string> = {
  schema: 'CREATE TABLE texts (name TEXT PRIMARY KEY, begunMs INTEGER NOT NULL, text TEXT) STRICT;',
  migrations: [],
  table: 'texts',
  columns: { key: 'name', begunMs: 'begunMs', values: ['text'] },
  bytesOf: 'text',
  toRow: (text) => [text],
  fromRow: ({ text }) => String(text),
};

termSuite('a table', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'housecount-term-'));
  const open = () =>
    TermTable.open(join(folder, 'texts.db'), format, {
      logger: quietLogger(() => undefined),
      bounds: { keptMs: 1_000, keysMax: 3, bytesMax: 20 },
      lost: 'Everything.',
    });
  let all = [open(), open()];
  const closeAll = () => {
    for (const term of all.splice(0)) term.close();
  };
  const [one, other] = all;
  if (!one || !other) throw new Error('two were opened');
  return {
    one,
    other,
    async reopen() {
      closeAll();
      const again = open();
      all = [again];
      return again;
    },
    async remove() {
      closeAll();
      rmSync(folder, { recursive: true, force: true });
    },
  };
});
