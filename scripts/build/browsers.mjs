/**
 * The oldest browsers that the SDKs run in, as esbuild names them: what they do not understand is compiled down. Chrome 94 and Safari 15.4
 * (iOS 15.4) are those of people who keep an old device; Firefox 93 is of the same months. Edge, Opera and WebViews count as their Chrome.
 */
export const oldestBrowsers = ['chrome94', 'firefox93', 'safari15.4'];

/** What newer browsers have and the oldest do not, as far as it can be seen in a text: no bundle may name it. */
export const newerThanOldest = [
  /\bURL\.(?:canParse|parse)\b/,
  /\bAbortSignal\.(?:any|timeout|abort)\b/,
  /\bthrowIfAborted\(\)/,
  /\.(?:toSpliced|toSorted|toReversed|findLast|findLastIndex)\(/,
  /\bArray\.fromAsync\b/,
  /\b(?:Object|Map)\.groupBy\b/,
  /\bPromise\.(?:withResolvers|try)\b/,
  /\.(?:isSubsetOf|isSupersetOf|isDisjointFrom|intersection|symmetricDifference)\(/,
  /\.(?:values|keys|entries)\(\)\.(?:map|filter|take|drop|flatMap|reduce|toArray|forEach|some|every|find)\(/,
  /\bIterator\.(?:from|prototype)\b/,
  /\bstructuredClone\b/,
  /\.(?:isWellFormed|toWellFormed)\(/,
  /\brandomUUID\b/,
  /\breportError\(/,
  /\b(?:CompressionStream|DecompressionStream)\b/,
  /\bError\.captureStackTrace\b/,
  // Lookbehind, which Safari has from 16.4 on: a literal would stop the whole script.
  /\(\?<[=!]/,
];
