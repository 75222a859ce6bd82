import {
  type ArgumentsHost,
  type CallHandler,
  Controller,
  Get,
  Injectable,
  type MiddlewareConsumer,
  Module,
  type ModuleMetadata,
  Param,
  ParseIntPipe,
  Scope,
  type Type,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE, LazyModuleLoader, ModuleRef } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { InvalidOptionsError } from '../core/errors.ts';
import { CircuitBreaker } from './decorators.ts';
import { ResilienceRegistries } from './resilience-registries.ts';
import { ResilienceModule } from './resilience.module.ts';

async function start(metadata: ModuleMetadata) {
  @Module({ ...metadata, imports: [ResilienceModule.forRoot({ env: {} }), ...(metadata.imports ?? [])] })
  class AppModule {}
  const testing = await Test.createTestingModule({ imports: [AppModule] }).compile();
  const application = testing.createNestApplication({ logger: false });
  onTestFinished(() => application.close());
  return application.init();
}

async function faultsOf(starting: Promise<unknown>): Promise<readonly unknown[]> {
  const error: unknown = await starting.catch((caught: unknown) => caught);
  if (error instanceof InvalidOptionsError) return error.faults;
  throw new Error('The application should not have started.', { cause: error });
}

const fault = {
  option: 'Faulty.decide: fallbackMethod of @CircuitBreaker',
  given: "'alow', which is no method of Faulty",
  allowed: 'allow, if that is what you meant',
};

/** A class with a misspelt fallback that can be a guard, a pipe, an interceptor, a filter or a middleware. */
function faultyClass(scope = Scope.DEFAULT) {
  @Injectable({ scope })
  class Faulty {
    @CircuitBreaker({ name: 'policy-server', fallbackMethod: 'alow' })
    async decide(): Promise<boolean> {
      throw new Error('down');
    }

    allow(): boolean {
      return true;
    }

    canActivate(): Promise<boolean> {
      return this.decide();
    }

    transform(value: unknown): unknown {
      return value;
    }

    intercept(_context: unknown, next: CallHandler) {
      return next.handle();
    }

    catch(_error: unknown, _host: ArgumentsHost): void {}

    use(_request: unknown, _response: unknown, next: () => void): void {
      next();
    }
  }
  return Faulty;
}

type Faulty = ReturnType<typeof faultyClass>;

/** The global token, and the decorator for a controller or a method. */
const enhancers = {
  guard: [APP_GUARD, UseGuards],
  pipe: [APP_PIPE, UsePipes],
  interceptor: [APP_INTERCEPTOR, UseInterceptors],
  filter: [APP_FILTER, UseFilters],
} as const;

describe.each(Object.entries(enhancers))('the check at start-up of a %s (resilience4j#1517)', (_, [token, Use]) => {
  const use = Use as (enhancer: Faulty) => ClassDecorator & MethodDecorator;

  it.each([
    ['singleton', Scope.DEFAULT],
    ['request-scoped', Scope.REQUEST],
    ['transient', Scope.TRANSIENT],
  ])('finds a misspelt fallback in a global one that is %s', async (_scope, scope) => {
    const useClass = faultyClass(scope);

    expect(await faultsOf(start({ providers: [{ provide: token, useClass }] }))).toStrictEqual([fault]);
  });

  it('finds a misspelt fallback in a global one that a factory creates', async () => {
    const FaultyClass = faultyClass();
    const provider = { provide: token, useFactory: () => new FaultyClass() };

    expect(await faultsOf(start({ providers: [provider] }))).toStrictEqual([fault]);
  });

  it.each([
    ['singleton', Scope.DEFAULT],
    ['request-scoped', Scope.REQUEST],
    ['transient', Scope.TRANSIENT],
  ])('finds a misspelt fallback in a %s one of a controller', async (_scope, scope) => {
    @Controller()
    @use(faultyClass(scope))
    class AccountsController {
      @Get()
      list(): void {}
    }

    expect(await faultsOf(start({ controllers: [AccountsController] }))).toStrictEqual([fault]);
  });

  it('refuses an instance with decorated methods, which Nest does not create and cannot protect', async () => {
    const instance = new (faultyClass())();
    const useInstance = Use as (enhancer: object) => ClassDecorator & MethodDecorator;
    class Routes {
      @Get()
      @useInstance(instance)
      list(): void {}
    }
    @Controller()
    @useInstance(instance)
    class AccountsController extends Routes {}
    const refused = {
      given: 'an instance of Faulty, whose method decide is decorated but would run unprotected',
      allowed: 'the class Faulty, or a provider of the instance',
    };

    expect(await faultsOf(start({ controllers: [AccountsController] }))).toStrictEqual([
      { option: `AccountsController: @${Use.name}`, ...refused },
      { option: `AccountsController.list: @${Use.name}`, ...refused },
    ]);
  });

  it('finds a misspelt fallback in one of a route', async () => {
    @Controller()
    class AccountsController {
      @Get()
      @use(faultyClass())
      list(): void {}
    }

    expect(await faultsOf(start({ controllers: [AccountsController] }))).toStrictEqual([fault]);
  });
});

describe('the check at start-up', () => {
  it('finds a misspelt fallback in the pipe of a parameter', async () => {
    @Controller()
    class AccountsController {
      @Get(':id')
      find(@Param('id', faultyClass()) _id: string): void {}
    }

    expect(await faultsOf(start({ controllers: [AccountsController] }))).toStrictEqual([fault]);
  });

  it('refuses an instance with decorated methods as the pipe of a parameter', async () => {
    @Controller()
    class AccountsController {
      @Get(':id')
      find(@Param('id', new (faultyClass())()) _id: string): void {}
    }

    expect(await faultsOf(start({ controllers: [AccountsController] }))).toMatchObject([
      { option: 'AccountsController.find: pipe of a parameter' },
    ]);
  });

  it('accepts an instance with decorated methods that is also a provider, and protects it', async () => {
    @Injectable()
    class Allowing extends faultyClass() {
      alow(): boolean {
        return true;
      }
    }
    const instance = new Allowing();
    @Controller()
    @UseGuards(instance)
    class AccountsController {}

    await start({ controllers: [AccountsController], providers: [{ provide: Allowing, useValue: instance }] });

    expect(await instance.decide()).toBe(true);
  });

  it('accepts instances without decorated methods', async () => {
    @Controller()
    @UsePipes(new ParseIntPipe())
    class AccountsController {
      @Get(':id')
      find(@Param('id', new ParseIntPipe()) _id: number): void {}
    }

    await expect(start({ controllers: [AccountsController] })).resolves.toBeDefined();
  });

  it.each([
    ['singleton', Scope.DEFAULT],
    ['request-scoped', Scope.REQUEST],
  ])('finds a misspelt fallback in a middleware that is %s', async (_scope, scope) => {
    const middleware = faultyClass(scope);
    @Module({})
    class WithMiddleware {
      configure(consumer: MiddlewareConsumer): void {
        consumer.apply(middleware).forRoutes('*all');
      }
    }

    expect(await faultsOf(start({ imports: [WithMiddleware] }))).toStrictEqual([fault]);
  });

  it('creates the circuit breaker of a guard, so that metrics show it before the first call', async () => {
    @Injectable()
    class Allowing extends faultyClass() {
      alow(): boolean {
        return true;
      }
    }
    const application = await start({ providers: [{ provide: APP_GUARD, useClass: Allowing }] });

    expect(application.get(ResilienceRegistries).policies.circuitBreaker.find('policy-server')).toBeDefined();
  });
});

describe('a lazily loaded module', () => {
  async function load(metadata: ModuleMetadata) {
    const application = await start({});
    @Module(metadata)
    class LazyModule {}
    const loader = application.get(LazyModuleLoader);
    return { application, loader, load: () => loader.load(() => LazyModule, { logger: false }) };
  }

  const factoryOf = (Class: Type) => ({ provide: 'made', useFactory: () => new Class() });
  @Controller()
  @UseGuards(faultyClass(Scope.REQUEST))
  class GuardedController {
    @Get()
    list(): void {}
  }

  it.each<[string, ModuleMetadata]>([
    ['a singleton', { providers: [faultyClass()] }],
    ['a request-scoped provider', { providers: [faultyClass(Scope.REQUEST)] }],
    ['a transient provider', { providers: [faultyClass(Scope.TRANSIENT)] }],
    ['the product of a factory', { providers: [factoryOf(faultyClass())] }],
    ['a guard', { controllers: [GuardedController] }],
  ])('is refused each time it is loaded, with class and method, for a misspelt fallback in %s', async (_, metadata) => {
    const { load: loadModule } = await load(metadata);

    expect(await faultsOf(loadModule())).toStrictEqual([fault]);
    expect(await faultsOf(loadModule())).toStrictEqual([fault]);
  });

  it('is refused if it imports ResilienceModule.forRoot() again', async () => {
    const { load: loadModule } = await load({ imports: [ResilienceModule.forRoot({ env: {}, retry: {} })] });

    await expect(loadModule()).rejects.toThrow('imported 2 times');
  });

  it('is refused if it defines instances by ResilienceModule.forFeature(), when all policies exist already', async () => {
    const feature = ResilienceModule.forFeature({ retry: { instances: { customer: { maxAttempts: 2 } } } });
    const { load: loadModule } = await load({ imports: [feature] });

    await expect(loadModule()).rejects.toThrow(
      'forFeature is in a lazily loaded module, after all policies were created; allowed: in a module that is imported at start-up',
    );
    await expect(loadModule()).rejects.toThrow(InvalidOptionsError);
  });

  it('is not refused if it imports a feature that the application has imported at start-up', async () => {
    const feature = ResilienceModule.forFeature({ retry: { instances: { customer: { maxAttempts: 2 } } } });
    const application = await start({ imports: [feature] });
    @Module({ imports: [feature] })
    class LazyModule {}

    const loading = application.get(LazyModuleLoader).load(() => LazyModule, { logger: false });

    await expect(loading).resolves.toBeInstanceOf(ModuleRef);
  });

  it('gets its policies when it is loaded, and protects providers of classes and factories', async () => {
    @Injectable()
    class Client {
      @CircuitBreaker('lazy')
      async find(): Promise<string> {
        return 'found';
      }
    }
    const { application, load: loadModule } = await load({ providers: [Client, factoryOf(Client)] });
    const { circuitBreaker } = application.get(ResilienceRegistries).policies;
    expect(circuitBreaker.find('lazy')).toBeUndefined();

    const module = await loadModule();
    const lazy = circuitBreaker.find('lazy');
    for (const token of [Client, 'made']) await module.get<Client>(token).find();

    expect(lazy?.metrics.successfulCalls).toBe(2);
  });

  it('is not refused because of another one', async () => {
    const { loader, load: loadModule } = await load({ providers: [faultyClass(Scope.REQUEST)] });
    @Module({})
    class OtherModule {}
    await faultsOf(loadModule());

    await expect(loader.load(() => OtherModule, { logger: false })).resolves.toBeInstanceOf(ModuleRef);
  });
});

describe('an instance that is created after start-up', () => {
  it('is refused with class and method by ModuleRef.create(), for a misspelt fallback', async () => {
    const application = await start({});
    const create = () => application.get(ModuleRef).create(faultyClass());

    expect(await faultsOf(create())).toStrictEqual([fault]);
  });
});
