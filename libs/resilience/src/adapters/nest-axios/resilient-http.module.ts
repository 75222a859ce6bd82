import { HttpModule, type HttpModuleAsyncOptions, type HttpModuleOptions } from '@nestjs/axios';
import type { DynamicModule, FactoryProvider, Provider, ValueProvider } from '@nestjs/common';
import type { AxiosInstance } from 'axios';
import type { Policy } from '../../core/policy.ts';
import { standardPipelines } from '../../core/standard-pipeline.ts';
import { currentCallContext } from '../../nest/call-context.ts';
import { ResilienceRegistries } from '../../nest/resilience-registries.ts';
import { protectAxios } from '../axios/protect-axios.ts';
import type { HttpAdapterOptions } from '../http/http-adapter.ts';

/** How the requests of a `ResilientHttpModule` are protected. */
export interface ResilientHttpOptions extends Omit<HttpAdapterOptions, 'policy' | 'context'> {
  /** The name of a pipeline of `ResilienceModule` for all requests. By default each host has a standard pipeline. */
  readonly pipeline?: string;
}

/** The token of `HttpModule` for its axios instance, which the package does not export. */
const axiosInstance = 'AXIOS_INSTANCE_TOKEN';

/**
 * `HttpModule` of `@nestjs/axios` whose requests are protected, with `HttpService` as before: each subscription is a call,
 * and unsubscribing closes its connection. That of a stream (`responseType: 'stream'`) is closed by the `signal` of its
 * configuration, because `HttpService` does not end it when its subscriber unsubscribes. Requests inherit the deadline and the signal of the decorated method or the
 * request that they belong to. The policies are those of `ResilienceModule`, which shows them in metrics and health.
 *
 * @example
 * imports: [ResilientHttpModule.register({ baseURL: 'https://payments.example.com', timeout: 2_000 })],
 */
// oxlint-disable-next-line typescript/no-extraneous-class -- Nest has modules as classes
export class ResilientHttpModule {
  /**
   * @param config as for `HttpModule.register`
   * @param options how requests are protected
   */
  static register(config: HttpModuleOptions = {}, options: ResilientHttpOptions = {}): DynamicModule {
    return withProtection(HttpModule.register(config), options);
  }

  /**
   * @param config as for `HttpModule.registerAsync`
   * @param options how requests are protected
   */
  static registerAsync(config: HttpModuleAsyncOptions, options: ResilientHttpOptions = {}): DynamicModule {
    return withProtection(HttpModule.registerAsync(config), options);
  }
}

function withProtection(module: DynamicModule, options: ResilientHttpOptions): DynamicModule {
  const providers = (module.providers ?? []).map((provider) =>
    'provide' in provider && provider.provide === axiosInstance ? protectedInstance(provider, options) : provider,
  );
  return { ...module, providers };
}

type InstanceProvider = ValueProvider<AxiosInstance> | FactoryProvider<AxiosInstance>;

function protectedInstance(given: Provider, { pipeline, ...options }: ResilientHttpOptions): Provider {
  const provider = given as InstanceProvider;
  const inject = 'inject' in provider ? (provider.inject ?? []) : [];
  return {
    provide: axiosInstance,
    inject: [{ token: ResilienceRegistries, optional: true }, ...inject],
    useFactory: async (registries: ResilienceRegistries | undefined, ...args: unknown[]) => {
      const instance = 'useValue' in provider ? provider.useValue : await provider.useFactory(...args);
      const policy = policyOf(registries, pipeline);
      return protectAxios(instance, { ...options, policy, context: currentCallContext });
    },
  };
}

function policyOf(
  registries: ResilienceRegistries | undefined,
  pipeline: string | undefined,
): Policy | ((name: string) => Policy) {
  if (pipeline === undefined) return standardPipelines({}, registries?.policies);
  if (registries !== undefined) return registries.pipeline(pipeline);
  throw new Error(
    `ResilientHttpModule cannot use the pipeline '${pipeline}', because the application has no ResilienceModule. ` +
      'Import ResilienceModule.forRoot(…), or leave the option pipeline out.',
  );
}
