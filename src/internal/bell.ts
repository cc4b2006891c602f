/**
 * Wakes those who wait for something to have changed. Who has counted the rings before looking misses none that comes
 * between the look and the wait.
 */
export class Bell {
  #rings = 0;
  #waiting: (() => void)[] = [];

  /** How often it has rung. */
  get rings(): number {
    return this.#rings;
  }

  ring(): void {
    this.#rings++;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  /** Resolves when it has rung more often than that. */
  async after(rings: number): Promise<void> {
    while (this.#rings <= rings) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
  }
}
