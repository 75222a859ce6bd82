import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import {
  type DynamicModule,
  Inject,
  Injectable,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { type Cancel, type Clock, scheduleInBackground, systemClock } from '../../core/clock.ts';
import { type Duration, durationForms, parseDuration } from '../../core/duration.ts';
import { InvalidOptionsError } from '../../core/errors.ts';
import { type ResilienceModuleOptions, resilienceOptions } from '../resilience.options.ts';
import { ResilienceReloader } from './resilience-reloader.ts';

/** The options of `ResilienceReloadModule.forRoot`. */
export interface ReloadModuleOptions {
  /** Whether changes of the `configFiles` of ResilienceModule are applied automatically; true by default. */
  readonly watch?: boolean;
  /**
   * The interval at which the files are read. At least 1 ms; 2 s by default. A change is applied when two consecutive
   * reads find the same contents.
   */
  readonly pollInterval?: Duration;
}

/** The checked options, with durations in milliseconds. */
interface ReloadConfig {
  readonly watch: boolean;
  readonly pollInterval: number;
}

const reloadConfig = Symbol('ReloadConfig');

/**
 * Applies changes of the configuration at run time: those of the `configFiles` of ResilienceModule automatically, and
 * those of all sources when `ResilienceReloader.reload()` is called. It is imported once, next to ResilienceModule.
 */
@Module({})
export class ResilienceReloadModule {
  /**
   * @throws InvalidOptionsError if `pollInterval` is not a duration of at least 1 ms
   *
   * @example
   * imports: [ResilienceModule.forRoot({ configFiles: ['resilience.yml'] }), ResilienceReloadModule.forRoot()]
   */
  static forRoot(options: ReloadModuleOptions = {}): DynamicModule {
    return {
      module: ResilienceReloadModule,
      providers: [{ provide: reloadConfig, useValue: resolve(options) }, ResilienceReloader, ConfigFileWatch],
      exports: [ResilienceReloader],
    };
  }
}

function resolve({ watch = true, pollInterval = '2s' }: ReloadModuleOptions): ReloadConfig {
  const intervalMs = parseDuration(pollInterval);
  if (intervalMs !== undefined && intervalMs >= 1) return { watch, pollInterval: intervalMs };
  const allowed = `at least 1 ms (${durationForms})`;
  throw new InvalidOptionsError('ResilienceReloadModule', [
    { option: 'pollInterval', given: String(pollInterval), allowed },
  ]);
}

/** The content of each file; `undefined` for a file that cannot be read. */
type Contents = readonly (string | undefined)[];

/**
 * Reloads the configuration when the content of a file has changed. It reads the files at an interval, which works with
 * editors that write in place, files that are replaced by a rename, the links of a mounted ConfigMap in Kubernetes, and
 * file systems without change notifications.
 *
 * A half-written file may be invalid or, worse, valid: a change is applied when two consecutive reads find the same
 * contents.
 */
@Injectable()
class ConfigFileWatch implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #reloader: ResilienceReloader;
  readonly #files: readonly (string | URL)[];
  readonly #clock: Clock;
  readonly #config: ReloadConfig;
  #cancel: Cancel = () => {};
  #isStopped = false;
  #lastRead: Contents = [];
  #applied: Contents = [];

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

  /** The first contents are always applied, since the files may have changed after the application read them. */
  onApplicationBootstrap(): void {
    if (this.#config.watch && this.#files.length > 0) this.#scheduleCheck();
  }

  onApplicationShutdown(): void {
    this.#isStopped = true;
    this.#cancel();
  }

  #scheduleCheck(): void {
    if (this.#isStopped) return;
    this.#cancel = scheduleInBackground(this.#clock, this.#config.pollInterval, () => void this.#check());
  }

  async #check(): Promise<void> {
    const contents = await Promise.all(this.#files.map((file) => contentOf(file)));
    const isStable = isDeepStrictEqual(contents, this.#lastRead);
    this.#lastRead = contents;
    if (isStable && !this.#isStopped && !isDeepStrictEqual(contents, this.#applied)) {
      this.#applied = contents;
      // The reloader has logged the error.
      await this.#reloader.reload().catch(() => {});
    }
    this.#scheduleCheck();
  }
}

async function contentOf(file: string | URL): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    return undefined;
  }
}
