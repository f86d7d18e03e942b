/**
 * Does `text` match `pattern`, where each `*` stands for any number of any characters? Two pointers with one step back, so
 * the time is at most length × length whatever the pattern: ids and patterns are made by strangers.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  let at = 0;
  let patternAt = 0;
  let starAt = -1;
  let retryAt = 0;
  while (at < text.length) {
    if (pattern[patternAt] === '*') {
      starAt = patternAt++;
      retryAt = at;
    } else if (patternAt < pattern.length && pattern[patternAt] === text[at]) {
      patternAt++;
      at++;
    } else if (starAt >= 0) {
      // Let the last star take one more character; earlier stars never need to be reconsidered.
      patternAt = starAt + 1;
      at = ++retryAt;
    } else return false;
  }
  while (pattern[patternAt] === '*') patternAt++;
  return patternAt === pattern.length;
}

/** The match rule of tokens and of channel filters: empty is anything, without `*` exact, else a glob. */
export function matchesName(pattern: string, name: string): boolean {
  return pattern === '' || pattern === name || (pattern.includes('*') && matchesGlob(pattern, name));
}
