const atOnce = 3;

/**
 * Loads each wanted id once, three at a time, the latest wanted first; an id that left the screen before its turn is dropped. A failed
 * load counts as done: the sparkline then grows from live readings alone.
 */
export class SeedQueue {
  private readonly done = new Set<string>();
  private waiting: string[] = [];
  private running = 0;

  constructor(private readonly load: (id: string) => Promise<void>) {}

  want(id: string): () => void {
    if (!this.done.has(id) && !this.waiting.includes(id)) {
      this.waiting.push(id);
      this.next();
    }
    return () => {
      this.waiting = this.waiting.filter((other) => other !== id);
    };
  }

  private next(): void {
    while (this.running < atOnce) {
      const id = this.waiting.pop();
      if (id === undefined) return;
      this.done.add(id);
      this.running++;
      const ended = () => {
        this.running--;
        this.next();
      };
      this.load(id).then(ended, ended);
    }
  }
}
