/**
 * Whether a topic exchange would route that key to a queue bound with that pattern: words between dots, `*` stands for one
 * word, `#` for any number of them, none included (AMQP 0-9-1, 3.1.3.3).
 */
export function matchesTopic(pattern: string, routingKey: string): boolean {
  const words = wordsOf(routingKey);
  // How many words the pattern may have eaten so far.
  let eaten = new Set([0]);
  for (const part of wordsOf(pattern)) {
    const next = new Set<number>();
    for (const count of eaten) {
      if (part === '#') addRange(next, count, words.length);
      else if (count < words.length && (part === '*' || part === words[count])) next.add(count + 1);
    }
    eaten = next;
  }
  return eaten.has(words.length);
}

function wordsOf(key: string): string[] {
  return key === '' ? [] : key.split('.');
}

function addRange(numbers: Set<number>, first: number, last: number): void {
  for (let number = first; number <= last; number++) numbers.add(number);
}
