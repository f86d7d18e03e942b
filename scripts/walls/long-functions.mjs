// How long functions are, read from the text: the formatter sees to it that a body ends at the indent at which it began.
// The lint has a rule of its own for the editor's sake, but it does not count the lines between elements of a page,
// and takes the callback of `describe` for a function.

/** What a function may have, without blank lines and comments: about what two screens show. */
export const linesOfFunctionMax = 80;

const indentOf = (/** @type {string} */ line) => line.length - line.trimStart().length;
const isCode = (/** @type {string} */ line) =>
  line.trim() !== '' && !/^\s*(?:\/\/|\/\*|\*(?:\s|\/|$))/.test(line);
/** A line without the comment at its end. */
const bare = (/** @type {string} */ line) => line.replace(/\s+(?:\/\/.*|\/\*.*\*\/)$/, '');
/** Closes what stands on lines of its own: parameters, a list, or a type. */
const isCloser = (/** @type {string} */ line) => /^\s*[)}\]>]/.test(line);
/** Groups of tests, which hold tests as a file holds functions. */
const isGroup = (/** @type {string} */ line) => /^\s*(?:describe|suite)(?:\.\w+)*\(.*[({[]$/.test(bare(line));
/** By the space behind the word, which a method of such a name does not have. */
const isControl = (/** @type {string} */ line) =>
  /^\s*(?:\} |\w+: )?(?:(?:if|for|for await|while|switch|catch) \(|(?:else|do|try|catch|finally) \{|else \w|(?:(?:export|default|abstract|declare) )*(?:class|interface|namespace) \w)/.test(
    line,
  );
/** Ends with a function, whatever it begins with. */
const endsWithFunction = (/** @type {string} */ line) => /=>(?: [({[]+)?$|\bfunction\b[^{]* \{$/.test(line);

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
  for (const [at, whole] of all.entries()) {
    const line = bare(whole);
    if (!/(?:=>|[)\]}>\w'] \{|=> [({[]+)$/.test(line) || !isCode(line)) continue;
    const head = headOf(all, at);
    if (isGroup(head) || (isControl(head) && !endsWithFunction(line))) continue;
    if (!/=>|\)|\bget \w/.test(line) && !/\)|\bget \w/.test(head)) continue;
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
  if (!isCloser(line)) return line;
  const indent = indentOf(line);
  let head = at - 1;
  while (head > 0 && (all[head]?.trim() === '' || indentOf(all[head] ?? '') > indent)) head -= 1;
  // `}: {` ends the pattern of a parameter, and begins its type.
  const above = all[head] ?? '';
  return isCloser(above) && head > 0 ? headOf(all, head) : above;
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
      const isWithin = (/** @type {string} */ each) =>
        each.trim() === '' || indentOf(each) > inner || (indentOf(each) === inner && isCloser(each));
      while (next + 1 < all.length && isWithin(all[next + 1] ?? '')) next += 1;
      continue;
    }
    if (isCode(line)) lines += 1;
  }
  return lines;
}
