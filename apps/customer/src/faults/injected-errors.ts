import type { Clock } from '@breakwater/resilience';
import { ProblemException } from '@breakwater/service-kit';
import { customerKinds } from '../problems/customer-problems.ts';
import type { Fault, Random, Struck } from './fault.ts';
import type { InjectedError } from './faults.schema.ts';

/** Problems instead of answers. */
export class InjectedErrors implements Fault<readonly InjectedError[]> {
  #errors: readonly InjectedError[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly struck: Struck,
  ) {}

  get isActive(): boolean {
    return this.#errors.some(({ rate }) => rate > 0);
  }

  set(setting: readonly InjectedError[] | null): void {
    this.#errors = setting ?? [];
  }

  /** @throws ProblemException for as many requests as the rates say */
  strike(): void {
    const drawn = this.#draw();
    if (!drawn) return;
    this.struck();
    throw this.#problemOf(drawn);
  }

  /** One draw for all errors, so that each has its own rate and not what the others have left of it. */
  #draw(): InjectedError | undefined {
    let left = this.random();
    return this.#errors.find(({ rate }) => {
      if (left < rate) return true;
      left -= rate;
      return false;
    });
  }

  #problemOf({ status, retryAfter }: InjectedError): ProblemException {
    return new ProblemException({
      ...customerKinds['injected-fault'],
      status,
      detail: 'This service was told to fail such requests, through /faults.',
      ...(retryAfter === undefined
        ? {}
        : { headers: { 'retry-after': String(Math.ceil(retryAfter / (this.clock.speed ?? 1) / 1_000)) } }),
    });
  }
}
