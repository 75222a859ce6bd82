import {
  applyDecorators,
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Header,
  Inject,
  Injectable,
  Param,
  Scope,
  SetMetadata,
  UseGuards,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { Observable, of, throwError } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { registryToken } from '../core/policies.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { CircuitBreaker } from './decorators.ts';
import { ResilienceModule } from './resilience.module.ts';

@Injectable()
class RoleGuard implements CanActivate {
  @Inject(Reflector) readonly reflector!: Reflector;

  canActivate(context: ExecutionContext): boolean {
    return this.reflector.get<string>('role', context.getHandler()) === 'reader';
  }
}

/** A decorator composed of others, as applications define them. */
const ReadsCustomer = () =>
  applyDecorators(SetMetadata('role', 'reader'), CircuitBreaker({ name: 'customer', fallbackMethod: 'unavailable' }));

abstract class CustomerRoutes {
  readonly name: string = 'Ada';

  @Get('above/:id')
  @UseGuards(RoleGuard)
  @Header('x-kind', 'customer')
  @ReadsCustomer()
  async above(@Param('id') id: string): Promise<string> {
    if (id === '0') throw new Error('down');
    return `${this.name} ${id}`;
  }

  @ReadsCustomer()
  @Header('x-kind', 'customer')
  @UseGuards(RoleGuard)
  @Get('below/:id')
  async below(@Param('id') id: string): Promise<string> {
    return this.above(id);
  }

  @Get('stream/:id')
  @ReadsCustomer()
  stream(@Param('id') id: string): Observable<string> {
    return id === '0' ? throwError(() => new Error('down')) : of(`${this.name} ${id}`);
  }

  @Get('forbidden')
  @UseGuards(RoleGuard)
  @CircuitBreaker('customer')
  async forbidden(): Promise<string> {
    return 'never';
  }

  protected unavailable(id: string, error: Error): string {
    return `no ${id} for ${this.name}: ${error.message}`;
  }
}

@Controller('singleton')
class SingletonController extends CustomerRoutes {}

@Controller({ path: 'per-request', scope: Scope.REQUEST })
class PerRequestController extends CustomerRoutes {
  override readonly name = 'Grace';
}

describe('decorated controllers on Fastify', () => {
  let application: NestFastifyApplication;
  const get = async (url: string) => (await application.inject({ url })).body;

  beforeEach(async () => {
    const module = await Test.createTestingModule({
      imports: [ResilienceModule.forRoot({ clock: new FakeClock(), env: {} })],
      controllers: [SingletonController, PerRequestController],
    }).compile();
    application = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
    await application.init();
    await application.getHttpAdapter().getInstance().ready();
  });

  afterEach(() => application.close());

  it.each([
    ['/singleton/above/7', 'Ada 7'],
    ['/singleton/below/7', 'Ada 7'],
    ['/singleton/stream/7', 'Ada 7'],
    ['/singleton/above/0', 'no 0 for Ada: down'],
    ['/singleton/stream/0', 'no 0 for Ada: down'],
    ['/per-request/above/7', 'Grace 7'],
    ['/per-request/below/7', 'Grace 7'],
    ['/per-request/above/0', 'no 0 for Grace: down'],
    ['/per-request/stream/0', 'no 0 for Grace: down'],
  ])('respond to %s with %s', async (url, body) => {
    expect(await get(url)).toBe(body);
  });

  it.each(['/singleton/above/7', '/per-request/stream/7'])(
    'respond to %s with the result of the fallback when the circuit breaker refuses',
    async (url) => {
      application.get(registryToken('circuitBreaker')).getOrCreate('customer').transitionToForcedOpenState();

      expect(await get(url)).toContain("CircuitBreaker 'customer' is FORCED_OPEN");
    },
  );

  it.each(['above', 'below'])('keep the metadata of other decorators: %s', async (route) => {
    const { headers } = await application.inject({ url: `/singleton/${route}/7` });

    expect(headers['x-kind']).toBe('customer');
  });

  it('run guards before the circuit breaker', async () => {
    const { statusCode } = await application.inject({ url: '/singleton/forbidden' });

    expect(statusCode).toBe(403);
    expect(application.get(registryToken('circuitBreaker')).getOrCreate('customer').metrics.bufferedCalls).toBe(0);
  });
});
