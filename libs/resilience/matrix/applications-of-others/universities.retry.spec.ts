import { ResilienceModule } from '@breakwater/resilience/nest';
import { HttpService } from '@nestjs/axios';
import { ConfigService } from '@nestjs/config';
import { Test } from '@nestjs/testing';
import { firstValueFrom, of, throwError } from 'rxjs';
import { UniversitiesService } from './universities.service';

describe('UniversitiesService, with its policies', () => {
  const unavailable = Object.assign(new Error('503'), { isAxiosError: true, response: { status: 503 } });
  const get = jest.fn();
  let service: UniversitiesService;

  beforeEach(async () => {
    get.mockReset();
    const retry = { instances: { universities: { maxAttempts: 3, waitDuration: 1 } } };
    const module = await Test.createTestingModule({
      imports: [ResilienceModule.forRoot({ retry, env: {}, logTransitions: false })],
      providers: [
        UniversitiesService,
        { provide: HttpService, useValue: { get } },
        { provide: ConfigService, useValue: { get: () => 'http://localhost/' } },
      ],
    }).compile();
    await module.init();
    service = module.get(UniversitiesService);
  });

  it('subscribes again after an error', async () => {
    get.mockReturnValueOnce(throwError(() => unavailable)).mockReturnValueOnce(of({ data: [] }));

    await expect(firstValueFrom(service.findByCountry('Luxembourg'))).resolves.toEqual([]);
    expect(get).toHaveBeenCalledTimes(2);
  });

  it('passes on the error of the last attempt', async () => {
    get.mockReturnValue(throwError(() => unavailable));

    await expect(firstValueFrom(service.findByCountry('Luxembourg'))).rejects.toBe(unavailable);
    expect(get).toHaveBeenCalledTimes(3);
  });
});
