import { RejoinError } from "./errors.js";

/**
 * Publications that an async iterator has not read yet.
 *
 * Limits: holds at most `limit`; beyond, the iterator fails with `slow-reader` and holds nothing more, since a hole in the
 * middle would go unnoticed.
 */
export class Feed<T> implements AsyncIterableIterator<T> {
  readonly #limit: number;
  readonly #onEnd: (feed: Feed<T>) => void;
  #items: T[] = [];
  #readers: { resolve: (result: IteratorResult<T>) => void; reject: (error: RejoinError) => void }[] = [];
  #over = false;
  #error: RejoinError | undefined;

  constructor(limit: number, onEnd: (feed: Feed<T>) => void) {
    this.#limit = limit;
    this.#onEnd = onEnd;
  }

  push(item: T): void {
    const reader = this.#readers.shift();
    if (reader !== undefined) {
      reader.resolve({ value: item, done: false });
    } else if (this.#items.length < this.#limit) {
      this.#items.push(item);
    } else {
      this.#items = [];
      const message = `an iterator held ${this.#limit} unread publications; read faster or raise feedLimit`;
      this.end(new RejoinError("slow-reader", message));
    }
  }

  /** Ends the iteration after what is held; with an error it then fails. */
  end(error?: RejoinError): void {
    if (this.#over) {
      return;
    }
    this.#over = true;
    this.#error = error;
    for (const reader of this.#readers.splice(0)) {
      this.#finish(reader.resolve, reader.reject);
    }
    this.#onEnd(this);
  }

  next(): Promise<IteratorResult<T>> {
    return new Promise((resolve, reject) => {
      const item = this.#items.shift();
      if (item !== undefined) {
        resolve({ value: item, done: false });
      } else if (this.#over) {
        this.#finish(resolve, reject);
      } else {
        this.#readers.push({ resolve, reject });
      }
    });
  }

  return(): Promise<IteratorResult<T>> {
    this.#items = [];
    this.end();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The error is told once; afterwards the iterator is just done. */
  #finish(resolve: (result: IteratorResult<T>) => void, reject: (error: RejoinError) => void): void {
    const error = this.#error;
    this.#error = undefined;
    if (error === undefined) {
      resolve({ value: undefined, done: true });
    } else {
      reject(error);
    }
  }
}
