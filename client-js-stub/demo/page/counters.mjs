// Counts what went wrong, twice: by the broker's offsets and by the feed's own sequence numbers.

/** Watches one room. */
export class StreamWatch {
  missed = 0;
  duplicated = 0;
  reordered = 0;
  received = 0;
  #last = new Map();

  /** Takes a publication's place in one series of numbers that should go up by one. */
  #follow(series, number) {
    const last = this.#last.get(series);
    if (last === undefined || number === last + 1) {
      this.#last.set(series, number);
    } else if (number === last) {
      this.duplicated++;
    } else if (number < last) {
      this.reordered++;
    } else {
      this.missed += number - last - 1;
      this.#last.set(series, number);
    }
  }

  onPublication({ position, data }) {
    this.received++;
    this.#follow("offset", position.offset);
    if (data?.feed) this.#follow(data.feed.run, data.feed.sequence);
  }

  /** What a gap names was announced, not missed; after it the count begins anew. */
  onGap() {
    this.#last.clear();
  }
}
