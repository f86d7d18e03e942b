/**
 * A page of the docs with a table in it that is made: it stands between two comments that name it.
 * @throws Error if the page has not each of the comments once, in this order
 */
export function withTable(
  { path, text }: { readonly path: string; readonly text: string },
  name: string,
  table: string,
): string {
  const [begin, end] = [`<!-- ${name}: made by \`npm run schema\` -->\n`, `<!-- end of ${name} -->\n`];
  for (const marker of [begin, end])
    if (text.split(marker).length !== 2)
      throw new Error(`${path} must have the line ${marker.trimEnd()} once.`);
  const [from, to] = [text.indexOf(begin) + begin.length, text.indexOf(end)];
  if (to < from) throw new Error(`${path} has the line ${end.trimEnd()} before ${begin.trimEnd()}.`);
  return `${text.slice(0, from)}\n${table}\n${text.slice(to)}`;
}
