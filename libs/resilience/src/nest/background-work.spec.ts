import { AsyncLocalStorage } from 'node:async_hooks';
import { PassThrough } from 'node:stream';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from 'vitest';
import type { Cancel, ScheduleOptions } from '../core/clock.ts';
import { Deadline } from '../core/deadline.ts';
import { registryToken } from '../core/policies.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { ResilienceActuatorModule } from './actuator/actuator.module.ts';
import { EventStream } from './actuator/event-stream.ts';
import { inheritedCallContext, runInCallContext } from './call-context.ts';
import { CircuitBreaker, TimeLimiter } from './decorators.ts';
import { ResilienceReloadModule } from './reload/reload.module.ts';
import { ResilienceModule } from './resilience.module.ts';

const currentRequest = new AsyncLocalStorage<string>();

class RecordingClock extends FakeClock {
  readonly timers: [background: boolean, request: string | undefined][] = [];

  override schedule(delayMs: number, callback: () => void, options?: ScheduleOptions): Cancel {
    this.timers.push([options?.background ?? false, currentRequest.getStore()]);
    return super.schedule(delayMs, AsyncLocalStorage.bind(callback));
  }
}

describe('Background work in an application (corefx#26067):', () => {
  it('the watch of configuration files and the heartbeat of event streams leave the context that starts them', async () => {
    const clock = new RecordingClock();
    const module = await Test.createTestingModule({
      imports: [
        ResilienceModule.forRoot({
          env: {},
          clock,
          configFiles: [new URL('../../examples/resilience.yml', import.meta.url)],
        }),
        ResilienceReloadModule.forRoot(),
        ResilienceActuatorModule.forRoot({ token: 'open-sesame' }),
      ],
    }).compile();
    const application = module.createNestApplication({ logger: false });

    await currentRequest.run('request 1', async () => {
      await application.init();
      application.get(EventStream, { strict: false }).connect(new PassThrough());
    });
    clock.advance(15_000);

    expect(clock.timers.length).toBeGreaterThanOrEqual(3);
    expect(clock.timers).toStrictEqual(clock.timers.map(() => [true, undefined]));
    await application.close();
  });

  it('a decorated health probe does not inherit the deadline of the request that opened the circuit breaker', async () => {
    const outcomes: unknown[] = [];
    class Customer {
      isUp = false;

      @CircuitBreaker('customer')
      async find() {
        if (!this.isUp) throw new Error('outage');
        return 'customer';
      }

      @TimeLimiter('probe')
      async ping() {
        return inheritedCallContext()?.attempt;
      }
    }
    const clock = new RecordingClock();
    const customer = new Customer();
    const probe = () =>
      customer.ping().then(
        () => outcomes.push('healthy'),
        (error: unknown) => {
          outcomes.push(error);
          throw error;
        },
      );
    const options = { slidingWindowSize: 1, minimumNumberOfCalls: 1, healthProbe: probe, healthProbeInterval: '10s' };
    const module = await Test.createTestingModule({
      imports: [ResilienceModule.forRoot({ env: {}, clock, circuitBreaker: { instances: { customer: options } } })],
      providers: [{ provide: Customer, useValue: customer }],
    }).compile();
    await module.init();
    const deadline = Deadline.after('1s', clock);
    await runInCallContext({ deadline }, () => customer.find()).catch(() => {});

    clock.advance(10_000);
    for (let turn = 0; turn < 30; turn++) await Promise.resolve();

    expect(outcomes).toStrictEqual(['healthy']);
    expect(module.get(registryToken('circuitBreaker')).find('customer')?.state).toBe('HALF_OPEN');
    await module.close();
  });
});
