/**
 * The known name that a mistyped one most likely means; `undefined` if none is near: at most a third of its letters may
 * differ. The distance is Levenshtein's (insertions, deletions and substitutions), ignoring case.
 *
 * @param most the most letters that may differ; by default a third is the only bound
 */
export function nearestName(mistyped: string, known: Iterable<string>, most = Infinity): string | undefined {
  let nearest: string | undefined;
  let leastDistance = Math.min(Math.floor(mistyped.length / 3), most) + 1;
  for (const name of known) {
    const distance = levenshteinDistance(mistyped.toLowerCase(), name.toLowerCase());
    if (distance < leastDistance) {
      leastDistance = distance;
      nearest = name;
    }
  }
  return nearest;
}

function levenshteinDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const substitution = previous[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(substitution, previous[column]! + 1, current[column - 1]! + 1));
    }
    previous = current;
  }
  return previous[b.length]!;
}
