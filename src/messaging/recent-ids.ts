/** Remembers the ids it was given last, and forgets the oldest. */
export class RecentIds {
  readonly #limit: number;
  readonly #ids = new Set<string>(); // keeps the order in which they came

  constructor(limit: number) {
    this.#limit = limit;
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  add(id: string): void {
    if (id === '') return;
    this.#ids.delete(id);
    this.#ids.add(id);
    if (this.#ids.size <= this.#limit) return;
    for (const oldest of this.#ids) {
      this.#ids.delete(oldest);
      return;
    }
  }
}
