import { ResilienceModule } from '@breakwater/resilience/nest';
import { ResilienceTestingModule } from '@breakwater/resilience/nest-testing';
import { FakeClock, outage, toSurvive } from '@breakwater/resilience/testing';
import { Test } from '@nestjs/testing';
import { CustomerClient } from './customer.client';
import { Http } from './http';

expect.extend({ toSurvive });

const outageError = new Error('connect ECONNREFUSED');

describe('CustomerClient, without policies', () => {
  const http = { get: jest.fn() };
  let client: CustomerClient;

  beforeEach(async () => {
    const module = await Test.createTestingModule({
      imports: [ResilienceTestingModule],
      providers: [CustomerClient, { provide: Http, useValue: http }],
    }).compile();
    client = module.get(CustomerClient);
  });

  it('returns what the HTTP client returns', async () => {
    http.get.mockResolvedValue('verified');

    await expect(client.verify('c-1')).resolves.toBe('verified');
    expect(http.get).toHaveBeenCalledWith('/customers/c-1');
  });

  it('rejects with the error of the HTTP client', async () => {
    http.get.mockRejectedValue(outageError);

    await expect(client.verify('c-1')).rejects.toBe(outageError);
  });
});

describe('CustomerClient, with its policies', () => {
  const policies = {
    retry: { instances: { customer: { maxAttempts: 3, waitDuration: '2s' } } },
    circuitBreaker: {
      instances: { customer: { slidingWindowSize: 10, minimumNumberOfCalls: 10, slowCallDurationThreshold: '2s' } },
    },
  };
  const http = new Http();

  async function clientWith(options = {}): Promise<CustomerClient> {
    const module = await Test.createTestingModule({
      imports: [ResilienceModule.forRoot({ ...policies, ...options, env: {}, logTransitions: false })],
      providers: [CustomerClient, { provide: Http, useValue: http }],
    }).compile();
    await module.init();
    return module.get(CustomerClient);
  }

  afterEach(() => {
    jest.useRealTimers();
    jest.restoreAllMocks();
  });

  it('waits 2 s before each further attempt', async () => {
    const client = await clientWith();
    const get = jest.spyOn(http, 'get').mockRejectedValue(outageError);
    jest.useFakeTimers();
    const result = client.name('c-1').catch(({ message }: Error) => message);

    await jest.advanceTimersByTimeAsync(1_999);
    expect(get).toHaveBeenCalledTimes(1);
    await jest.advanceTimersByTimeAsync(2_001);

    expect(get).toHaveBeenCalledTimes(3);
    await expect(result).resolves.toBe('connect ECONNREFUSED');
  });

  it('survives an outage of customer', async () => {
    const clock = new FakeClock();
    const client = await clientWith({ clock });
    const down = outage({ clock, dependency: [http, 'get'], call: (service: CustomerClient) => service.verify('c-1') });

    const survived: Promise<void> = expect(client).toSurvive(down);
    await survived;
  });

  it('does not survive an outage without a circuit breaker, and the message says why', async () => {
    const clock = new FakeClock();
    const client = await clientWith({ clock });
    const down = outage({
      clock,
      dependency: [http, 'get'],
      call: (service: CustomerClient) => service.name('c-1'),
      error: outageError,
      timeToProtect: '3s',
    });

    await expect(expect(client).toSurvive(down)).rejects.toThrow('time to protect: never');
  });

  it('has a type for toSurvive', () => {
    // @ts-expect-error -- toSurvive needs an outage
    const missing = () => expect({}).toSurvive();

    expect(missing).toBeInstanceOf(Function);
  });
});
