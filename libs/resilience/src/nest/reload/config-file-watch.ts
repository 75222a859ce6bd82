import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { type Cancel, type Clock, systemClock } from '../../core/clock.ts';
import { type ResilienceModuleOptions, resilienceOptions } from '../resilience.options.ts';
import { type ReloadConfig, reloadConfig } from './reload.options.ts';
import { ResilienceReloader } from './resilience-reloader.ts';

/** What each file holds; `undefined` where there is none. */
type Contents = readonly (string | undefined)[];

/**
 * Has the configuration read anew when a file holds something else than before. It looks by itself, at an interval: that
 * sees what an editor writes in place, what is renamed over a file, the links that Kubernetes swaps below a mounted
 * ConfigMap, and file systems that announce no changes alike.
 *
 * A file that is being written looks broken or, worse, right: a change is taken when two looks in a row see the same.
 */
@Injectable()
export class ConfigFileWatch implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #reloader: ResilienceReloader;
  readonly #files: readonly (string | URL)[];
  readonly #clock: Clock;
  readonly #config: ReloadConfig;
  #cancel: Cancel = () => {};
  #isStopped = false;
  #seen: Contents = [];
  #taken: Contents = [];

  constructor(
    @Inject(ResilienceReloader) reloader: ResilienceReloader,
    @Inject(resilienceOptions) { configFiles = [], clock = systemClock }: ResilienceModuleOptions,
    @Inject(reloadConfig) config: ReloadConfig,
  ) {
    this.#reloader = reloader;
    this.#files = configFiles;
    this.#clock = clock;
    this.#config = config;
  }

  /** What was written since the start read the files is taken soon, too: the first reading is not compared to anything. */
  onApplicationBootstrap(): void {
    if (this.#config.watch && this.#files.length > 0) this.#lookLater();
  }

  onApplicationShutdown(): void {
    this.#isStopped = true;
    this.#cancel();
  }

  #lookLater(): void {
    if (this.#isStopped) return;
    this.#cancel = this.#clock.schedule(this.#config.pollInterval, () => void this.#look());
  }

  async #look(): Promise<void> {
    const contents = await Promise.all(this.#files.map((file) => contentOf(file)));
    const isSettled = isDeepStrictEqual(contents, this.#seen);
    this.#seen = contents;
    if (isSettled && !this.#isStopped && !isDeepStrictEqual(contents, this.#taken)) {
      this.#taken = contents;
      // What is wrong with them is in the log.
      await this.#reloader.reload().catch(() => {});
    }
    this.#lookLater();
  }
}

async function contentOf(file: string | URL): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    return undefined;
  }
}
