/**
 * Lets thousands of waits share one listener on a signal: adding and removing a listener for each would walk the whole
 * list of them every time.
 */
export class AbortGroup {
  readonly #groups = new WeakMap<AbortSignal, Set<() => void>>();

  /** Calls back when the signal is aborted. The result takes the callback away again. */
  add(signal: AbortSignal, callback: () => void): () => void {
    const group = this.#groups.get(signal) ?? this.#listen(signal);
    group.add(callback);
    return () => {
      group.delete(callback);
    };
  }

  #listen(signal: AbortSignal): Set<() => void> {
    const group = new Set<() => void>();
    this.#groups.set(signal, group);
    signal.addEventListener(
      'abort',
      () => {
        for (const callback of group) callback();
      },
      { once: true },
    );
    return group;
  }
}
