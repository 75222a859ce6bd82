import { type DynamicModule, Module } from '@nestjs/common';
import { durationForms, parseDuration } from '../../core/duration.ts';
import { InvalidOptionsError } from '../../core/errors.ts';
import { ConfigFileWatch } from './config-file-watch.ts';
import { type ReloadConfig, reloadConfig, type ReloadModuleOptions } from './reload.options.ts';
import { ResilienceReloader } from './resilience-reloader.ts';

/**
 * Takes changes of the configuration while the application runs: those of the `configFiles` of ResilienceModule by itself,
 * and all of them when `ResilienceReloader.reload()` is called. It is imported once, beside ResilienceModule.
 */
@Module({})
export class ResilienceReloadModule {
  /**
   * @throws InvalidOptionsError
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
