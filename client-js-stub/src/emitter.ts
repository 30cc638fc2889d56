/** A listener of one kind of event. */
export type Listener<E> = (event: E) => void;

/**
 * Typed events. `Events` maps each event's name to what its listeners get.
 *
 * A listener that throws stops neither the others nor the client: what it threw goes to `onFailure`.
 */
export class Emitter<Events> {
  readonly #listeners = new Map<keyof Events, Set<Listener<never>>>();
  readonly #onFailure: (event: keyof Events, thrown: unknown) => void;

  constructor(onFailure: (event: keyof Events, thrown: unknown) => void) {
    this.#onFailure = onFailure;
  }

  /** Adds a listener; the returned function removes it. A listener that is there already is not added twice. */
  on<K extends keyof Events>(event: K, listener: Listener<Events[K]>): () => void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners);
    listeners.add(listener);
    return () => this.off(event, listener);
  }

  off<K extends keyof Events>(event: K, listener: Listener<Events[K]>): void {
    this.#listeners.get(event)?.delete(listener);
  }

  /** Calls the listeners in the order in which they were added; tells whether there was one. */
  emit<K extends keyof Events>(event: K, payload: Events[K]): boolean {
    const listeners = [...(this.#listeners.get(event) ?? [])] as Listener<Events[K]>[];
    for (const listener of listeners) {
      try {
        listener(payload);
      } catch (thrown) {
        this.#onFailure(event, thrown);
      }
    }
    return listeners.length > 0;
  }
}
