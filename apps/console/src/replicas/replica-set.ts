import { replicaUrls } from '@breakwater/contracts/replicas';

/** Something that is there for each replica, and ends with it. */
export interface Watched {
  stop(): void;
}

/** One watcher for every address of a service: those that appear get one, those that are gone lose theirs. */
export class ReplicaSet<W extends Watched> {
  readonly #urls: readonly string[];
  readonly #watch: (url: string) => W;
  readonly #find: (url: string) => Promise<readonly string[]>;
  readonly #watched = new Map<string, W>();

  /** @param urls base URLs, whose hosts may be names with several addresses */
  constructor(urls: readonly string[], watch: (url: string) => W, find = (url: string) => replicaUrls(url)) {
    this.#urls = urls;
    this.#watch = watch;
    this.#find = find;
  }

  get all(): readonly W[] {
    return [...this.#watched.values()];
  }

  /** Looks which addresses there are now. */
  async refresh(): Promise<void> {
    const found = new Set((await Promise.all(this.#urls.map((url) => this.#find(url)))).flat());
    for (const [url, watched] of this.#watched) {
      if (found.has(url)) continue;
      watched.stop();
      this.#watched.delete(url);
    }
    for (const url of found) if (!this.#watched.has(url)) this.#watched.set(url, this.#watch(url));
  }

  stop(): void {
    for (const watched of this.#watched.values()) watched.stop();
    this.#watched.clear();
  }
}
