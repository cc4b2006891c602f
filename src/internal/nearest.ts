/**
 * The candidate that somebody most likely meant: fewest slips of the finger (a letter missing, too many, wrong, or two
 * swapped), one slip in three letters at most. The first of equals; `undefined` when nothing is near.
 *
 * @public
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const lowerWord = word.toLowerCase();
  let best: string | undefined;
  let allowed = Math.max(1, Math.floor(word.length / 3));
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) > allowed) continue;
    const slips = countSlips(lowerWord, candidate.toLowerCase(), allowed);
    if (slips > allowed) continue;
    best = candidate;
    allowed = slips - 1;
    if (allowed < 0) break;
  }
  return best;
}

/** Optimal string alignment distance; any number above the limit once it is certain to be above it. */
function countSlips(from: string, to: string, limit: number): number {
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[row - 1] === to[column - 1];
      const isSwap = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      const costs = [
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (isSame ? 0 : 1),
      ];
      if (isSwap && row > 1 && column > 1) costs.push(at(beforeLast, column - 2) + 1);
      current.push(Math.min(...costs));
    }
    if (Math.min(...current) > limit) return limit + 1;
    [beforeLast, last] = [last, current];
  }
  return at(last, to.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
