import 'reflect-metadata';
import { ResilienceModule } from '@breakwater/resilience/nest';
import { ResilienceTestingModule } from '@breakwater/resilience/nest-testing';
import { Retry } from '@breakwater/resilience';
import { FakeClock, outage, toSurvive } from '@breakwater/resilience/testing';
import { Test } from '@nestjs/testing';
import { CustomerClient } from './application.js';

/** The functions of Vitest or Jest. In the ES module mode of Jest, `jest` is no global. */
let runner: any;

async function jestOfModules(name = '@jest/globals') {
  return (await import(name)).jest;
}

beforeAll(async () => {
  if (typeof vi !== 'undefined') runner = vi;
  else runner = typeof jest === 'undefined' ? await jestOfModules() : jest;
});

const policies = {
  circuitBreaker: {
    instances: {
      customer: { slidingWindowSize: 4, minimumNumberOfCalls: 4 },
      strict: { slidingWindowSize: 4, minimumNumberOfCalls: 4 },
    },
  },
  pipelines: { ledger: ['circuitBreaker:customer'] },
};

describe('The recipes for tests', () => {
  it('run decorated methods directly with ResilienceTestingModule', async () => {
    const module = await Test.createTestingModule({
      imports: [ResilienceTestingModule],
      providers: [CustomerClient],
    }).compile();
    const client = module.get(CustomerClient);

    expect(await client.verify('c-1')).toBe('c-1 is verified');
    client.isDown = true;
    await expect(client.verify('c-1')).rejects.toThrow('outage');
  });

  it('advance fake timers', async () => {
    const retry = new Retry('customer', { maxAttempts: 3, waitDuration: '2s' });
    const call = runner.fn(() => Promise.reject(new Error('outage')));
    runner.useFakeTimers();
    try {
      const result = retry.execute(call).catch(({ message }) => message);

      await runner.advanceTimersByTimeAsync(1_999);
      expect(call).toHaveBeenCalledTimes(1);
      await runner.advanceTimersByTimeAsync(2_001);

      expect(call).toHaveBeenCalledTimes(3);
      expect(await result).toBe('outage');
    } finally {
      runner.useRealTimers();
    }
  });

  it('survive an outage in virtual time', async () => {
    expect.extend({ toSurvive });
    const clock = new FakeClock();
    const module = await Test.createTestingModule({
      imports: [ResilienceModule.forRoot({ clock, ...policies, env: {}, logTransitions: false })],
      providers: [CustomerClient],
    }).compile();
    await module.init();
    const client = module.get(CustomerClient);
    const dependency = { call: async () => 'found' };
    client.find = () => dependency.call();
    const down = { clock, dependency: [dependency, 'call'], error: new Error('outage') };

    await expect(client).toSurvive(outage({ ...down, call: (service) => service.verify('c-1') }));
    const unprotected = outage({ ...down, call: (service) => service.find(), timeToProtect: '3s' });
    await expect(expect(client).toSurvive(unprotected)).rejects.toThrow('time to protect: never');
  });
});
