import { CallNotPermittedError, registryToken } from '@breakwater/resilience';
import { ResilienceModule } from '@breakwater/resilience/nest';
import { FakeClock, outage, toSurvive } from '@breakwater/resilience/testing';
import { HttpService } from '@nestjs/axios';
import { ConfigService } from '@nestjs/config';
import { Test } from '@nestjs/testing';
import { from, of } from 'rxjs';
import { OpenWeatherService } from './openweather.service';

expect.extend({ toSurvive });

describe('OpenWeatherService, with its circuit breaker', () => {
  const http = { get: (_url: string): unknown => of('sunny') };
  const circuitBreaker = {
    instances: { openweather: { slidingWindowSize: 10, minimumNumberOfCalls: 10, slowCallDurationThreshold: '2s' } },
  };

  async function serviceWith(clock: FakeClock) {
    const module = await Test.createTestingModule({
      imports: [ResilienceModule.forRoot({ clock, circuitBreaker, env: {}, logTransitions: false })],
      providers: [
        OpenWeatherService,
        { provide: HttpService, useValue: http },
        { provide: ConfigService, useValue: { get: () => 'key' } },
      ],
    }).compile();
    await module.init();
    return { module, service: module.get(OpenWeatherService) };
  }

  it('returns the forecast', async () => {
    const { service } = await serviceWith(new FakeClock());

    await expect(service.getCurrentForecast(40, -74)).resolves.toBe('sunny');
  });

  it('makes no call while the circuit breaker is open', async () => {
    const { module, service } = await serviceWith(new FakeClock());
    const get = jest.spyOn(http, 'get');
    module.get(registryToken('circuitBreaker')).getOrCreate('openweather').transitionToOpenState();

    await expect(service.getCurrentForecast(40, -74)).rejects.toThrow(CallNotPermittedError);
    expect(get).not.toHaveBeenCalled();
  });

  it('survives an outage of OpenWeather', async () => {
    const clock = new FakeClock();
    const { service } = await serviceWith(clock);

    await expect(service).toSurvive(
      outage({
        clock,
        dependency: [http, 'get'],
        returns: from,
        call: (client: OpenWeatherService) => client.getCurrentForecast(40, -74),
      }),
    );
  });
});
