const quote = 0x22;
const backslash = 0x5c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/**
 * Whether objects and arrays are inside of one another more than `max` deep. It looks at the text, so that nothing of the
 * kind is ever built, at the price of one pass over it.
 */
export function isDeeperThan(json: string, max: number): boolean {
  let depth = 0;
  let isInText = false;
  for (let at = 0; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    if (isInText) {
      // Whatever follows a backslash doesn't end the text.
      if (code === backslash) at += 1;
      else if (code === quote) isInText = false;
    } else if (code === quote) isInText = true;
    else if (code === openBracket || code === openBrace) {
      depth += 1;
      if (depth > max) return true;
    } else if (code === closeBracket || code === closeBrace) depth -= 1;
  }
  return false;
}
