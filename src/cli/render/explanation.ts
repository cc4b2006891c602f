import type { Explanation } from '../../index.js';

/** What `jetpack config KEY --explain` prints: a row for each source that was asked, no value anywhere. */
export function renderExplanation(explanations: readonly Explanation[]): string {
  const rows = [
    ['SOURCE', 'ANSWER', 'TOOK', 'AGE', 'WHAT'],
    ...explanations.map(({ source, answer, duration, age, detail }) => [
      source,
      answer,
      `${duration.toFixed(1)} ms`,
      age === undefined ? '-' : renderAge(age),
      detail === '' ? '-' : detail,
    ]),
  ];
  const widths = [0, 1, 2, 3].map((column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map((row) => `${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}\n`)
    .join('');
}

const units: readonly (readonly [suffix: string, milliseconds: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
];

function renderAge(age: number): string {
  const [suffix, size] = units.find(([, milliseconds]) => age >= milliseconds) ?? ['ms', 1];
  return `${Math.floor(age / size)} ${suffix}`;
}
