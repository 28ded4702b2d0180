/**
 * The hub's clock as seen from here: it may be years off this computer's and run hundreds of times as fast. Between syncs it is
 * advanced by the browser's monotonic clock.
 */
export class HubClock {
  private base: number;
  private at: number;
  speed = 1;
  synced = false;

  constructor(private readonly monotonic: () => number, wall: number) {
    this.base = wall;
    this.at = monotonic();
  }

  sync(now: number, speed: number): void {
    this.base = now;
    this.at = this.monotonic();
    this.speed = speed;
    this.synced = true;
  }

  /** Unix ms on the hub's clock. */
  now(): number {
    return this.base + (this.monotonic() - this.at) * this.speed;
  }
}
