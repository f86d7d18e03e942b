// How long functions are, read from the text: the formatter sees to it that a body ends at the indent at which it began.
// The lint has a rule of its own for the editor's sake, but it does not count the lines between elements of a page,
// and takes the callback of `describe` for a function.

/** What a function may have, without blank lines and comments: about what two screens show. */
export const linesOfFunctionMax = 80;

const indentOf = (/** @type {string} */ line) => line.length - line.trimStart().length;
const isCode = (/** @type {string} */ line) =>
  line.trim() !== '' && !/^\s*(?:\/\/|\/\*|\*(?:\s|\/|$))/.test(line);
/** Groups of tests, which hold tests as a file holds functions. */
const isGroup = (/** @type {string} */ line) =>
  /\b(?:describe|suite)\b[^=]*\(.*(?:=>|function).*$/.test(line);
const isControl = (/** @type {string} */ line) =>
  /^\s*(?:\} )?(?:if|else|for|while|switch|catch|with|do|try|finally|class|interface|namespace)\b/.test(line);

/**
 * Functions that are longer than allowed, each with the line on which its body begins and its lines of code. The lines of a
 * group of tests are not counted to the function around it either.
 * @param {string} text
 * @returns {{ line: number, lines: number }[]}
 */
export function longFunctions(text) {
  const all = text.split('\n');
  if (all.length <= linesOfFunctionMax) return [];
  const found = [];
  for (const [at, line] of all.entries()) {
    if (!/(?:=>|[)\]}>\w'] \{|=> [({[]+)$/.test(line) || !isCode(line)) continue;
    const head = headOf(all, at);
    if (isControl(head) || !/=>|\)|\bget \w/.test(line) || isGroup(head)) continue;
    const lines = linesBelow(all, at);
    if (lines > linesOfFunctionMax) found.push({ line: at + 1, lines });
  }
  return found;
}

/**
 * The line on which the statement began whose last line is `at`: the parameters may stand on lines of their own.
 * @returns {string}
 */
function headOf(/** @type {string[]} */ all, /** @type {number} */ at) {
  const line = all[at] ?? '';
  if (!/^\s*[)}\]]/.test(line)) return line;
  const indent = indentOf(line);
  let head = at - 1;
  while (head > 0 && (all[head]?.trim() === '' || indentOf(all[head] ?? '') > indent)) head -= 1;
  // `}: {` ends the pattern of a parameter, and begins its type.
  const above = all[head] ?? '';
  return /^\s*[)}\]]/.test(above) && head > 0 ? headOf(all, head) : above;
}

/** Lines of code from the one after `at` to the end of what began there. */
function linesBelow(/** @type {string[]} */ all, /** @type {number} */ at) {
  const indent = indentOf(all[at] ?? '');
  let lines = 0;
  for (let next = at + 1; next < all.length; next += 1) {
    const line = all[next] ?? '';
    if (line.trim() === '') continue;
    if (indentOf(line) <= indent) break;
    if (isGroup(line)) {
      const inner = indentOf(line);
      while (next + 1 < all.length && (all[next + 1]?.trim() === '' || indentOf(all[next + 1] ?? '') > inner))
        next += 1;
      continue;
    }
    if (isCode(line)) lines += 1;
  }
  return lines;
}
