import { registryToken } from '@breakwater/resilience';
import { ResilienceModule } from '@breakwater/resilience/nest';
import { FakeClock, outage, toSurvive } from '@breakwater/resilience/testing';
import { describe, expect, it } from '@jest/globals';
import { Test } from '@nestjs/testing';
import { LinksController } from './links.controller';
import { LinksService } from './links.service';

expect.extend({ toSurvive });

describe('LinksController, with its circuit breaker', () => {
  const circuitBreaker = {
    instances: { links: { slidingWindowSize: 10, minimumNumberOfCalls: 10, slowCallDurationThreshold: '2s' } },
  };

  async function applicationWith(clock: FakeClock) {
    const module = await Test.createTestingModule({
      imports: [ResilienceModule.forRoot({ clock, circuitBreaker, env: {}, logTransitions: false })],
      controllers: [LinksController],
      providers: [LinksService],
    }).compile();
    await module.init();
    return module;
  }

  it('returns all links', async () => {
    const module = await applicationWith(new FakeClock());

    expect(await module.get(LinksController).findAll()).toHaveLength(4);
  });

  it('is refused while the circuit breaker is open', async () => {
    const module = await applicationWith(new FakeClock());
    module.get(registryToken('circuitBreaker')).getOrCreate('links').transitionToOpenState();

    await expect(module.get(LinksController).findAll()).rejects.toMatchObject({ code: 'CALL_NOT_PERMITTED' });
  });

  it('survives an outage of the service', async () => {
    const clock = new FakeClock();
    const module = await applicationWith(clock);
    const down = outage({
      clock,
      dependency: [module.get(LinksService), 'findAll'],
      call: (controller: LinksController) => controller.findAll(),
      error: new Error('outage'),
      timeToProtect: '3s',
    });

    const survived: Promise<void> = expect(module.get(LinksController)).toSurvive(down);
    await survived;
  });
});
