import { EndpointPool } from '../src/core/endpoint-pool/endpoint-pool.ts';
import type { EndpointState } from '../src/core/endpoint-pool/pooled-endpoint.ts';
import { type Bounds, type Call, CallsWorld } from './calls-world.ts';
import { mustBe } from './explorer.ts';

const slowMs = 5;
const baseEjectionMs = 10;
/** At most one of two endpoints is ejected because of its calls. */
const mostEjected = 1;

/** What the world knows of an endpoint. */
class Endpoint {
  readonly name: string;
  state: EndpointState = 'IN_SERVICE';
  /** Rises with each ejection and restoration: calls of an earlier one decide nothing. */
  age = 0;
  inFlight = 0;
  failures = 0;
  connectionErrors = 0;
  slowCalls = 0;
  trials = 0;
  ejectedUntil = 0;
  multiplier = 0;
  restoredAt = 0;

  constructor(name: string) {
    this.name = name;
  }

  get isInService(): boolean {
    return this.state === 'IN_SERVICE';
  }

  enter(state: EndpointState): void {
    this.state = state;
    this.age++;
    this.failures = 0;
    this.connectionErrors = 0;
    this.slowCalls = 0;
    this.trials = 0;
  }
}

interface Sent {
  readonly endpoint: Endpoint;
  readonly age: number;
  readonly isTrial: boolean;
  isSlow: boolean;
}

/** Concurrent calls under a real pool of two endpoints. */
export class EndpointPoolWorld extends CallsWorld {
  protected readonly policy: EndpointPool;
  protected override readonly manualSteps = ['manual eject a', 'manual restore a', 'manual eject b'];
  readonly #all = [new Endpoint('a'), new Endpoint('b')];
  readonly #sent = new Map<Call, Sent>();
  readonly #inARow: number;
  #lastTick = this.clock.now();

  /** @param inARow how many failures, connection errors or slow calls eject an endpoint */
  constructor(bounds: Bounds, inARow: number) {
    super(bounds);
    this.#inARow = inARow;
    this.policy = new EndpointPool(
      'customer',
      {
        endpoints: this.#all.map(({ name }) => `http://${name}`),
        loadBalancing: 'ROUND_ROBIN',
        consecutiveFailures: inARow,
        consecutiveConnectionErrors: inARow,
        consecutiveSlowCalls: inARow,
        slowCallDurationThreshold: slowMs,
        baseEjectionTime: baseEjectionMs,
        maxEjectionTime: 2 * baseEjectionMs,
        slowStartWindow: 0,
      },
      { clock: this.clock },
    );
  }

  protected onStart(call: Call): void {
    const endpoint = this.#all.find(({ name }) => name === call.contexts[0]?.endpoint?.name)!;
    const trial = this.#isPanic ? undefined : this.#all.find(({ state, trials }) => state === 'TRIAL' && trials === 0);
    const isCandidate = trial === undefined ? this.#isPanic || endpoint.isInService : endpoint === trial;
    mustBe(`whether call ${call.id} may go to ${endpoint.name} in ${endpoint.state}`, isCandidate, true);
    const isTrial = endpoint.state === 'TRIAL';
    if (isTrial) endpoint.trials++;
    if (this.#isPanic) this.seen.add('panic');
    endpoint.inFlight++;
    this.#sent.set(call, { endpoint, age: endpoint.age, isTrial, isSlow: false });
  }

  protected onEnd(call: Call): void {
    const sent = this.#sent.get(call)!;
    const { endpoint, isTrial } = sent;
    this.#sent.delete(call);
    endpoint.inFlight--;
    if (sent.age !== endpoint.age) {
      this.seen.add('late result');
      return;
    }
    if (isTrial) endpoint.trials--;
    if (call.isAborted || call.ended === 'refusal') return;
    const isSlow = sent.isSlow || this.clock.now() - call.startedAt > slowMs;
    if (call.ended === 'timeout') endpoint.connectionErrors++;
    else if (!sent.isSlow) endpoint.connectionErrors = 0;
    if (call.ended === 'failure') endpoint.failures++;
    else if (call.ended === 'success' && !sent.isSlow) endpoint.failures = 0;
    if (!sent.isSlow) endpoint.slowCalls = isSlow ? endpoint.slowCalls + 1 : 0;
    this.#judge(endpoint, isTrial, call.ended === 'success' && !isSlow, this.clock.now());
  }

  /** Time ends ejections and makes calls slow, in its order. */
  protected onTick(): void {
    const until = this.clock.now();
    for (let now = this.#lastTick + 1; now <= until; now++) {
      for (const [call, sent] of this.#sent) {
        if (sent.isSlow || now - call.startedAt < slowMs) continue;
        sent.isSlow = true;
        this.seen.add('slow in flight');
        if (sent.age !== sent.endpoint.age) continue;
        sent.endpoint.slowCalls++;
        this.#judge(sent.endpoint, sent.isTrial, false, now);
      }
    }
    this.#lastTick = until;
    for (const endpoint of this.#all) {
      if (endpoint.state !== 'EJECTED' || until < endpoint.ejectedUntil) continue;
      endpoint.state = 'TRIAL';
      this.seen.add('trial');
    }
  }

  protected override onManual(operation: string): void {
    const [action, name] = operation.split(' ');
    const endpoint = this.#all.find((each) => each.name === name)!;
    if (action === 'eject') {
      this.policy.eject(endpoint.name);
      endpoint.enter('EJECTED');
      endpoint.ejectedUntil = Number.POSITIVE_INFINITY;
    } else {
      this.policy.restore(endpoint.name);
      this.#restore(endpoint, this.clock.now());
    }
  }

  protected override historyOf(call: Call): string {
    const { endpoint, age } = this.#sent.get(call) ?? {};
    return `${endpoint?.name} ${age}`;
  }

  protected check(): void {
    for (const [index, { name, state, inFlightCalls, remainingEjectionMs }] of this.policy.endpoints.entries()) {
      const endpoint = this.#all[index]!;
      mustBe(`the state of ${name}`, state, endpoint.state);
      mustBe(`the calls in flight at ${name}`, inFlightCalls, endpoint.inFlight);
      const isTimed = state === 'EJECTED' && endpoint.ejectedUntil < Number.POSITIVE_INFINITY;
      const remainingMs = isTimed ? endpoint.ejectedUntil - this.clock.now() : undefined;
      mustBe(`the end of the ejection of ${name}`, remainingEjectionMs ?? 'none', remainingMs ?? 'none');
    }
    mustBe('whether the pool is in panic', this.policy.metrics.isPanic, this.#isPanic);
    mustBe('the timers', this.clock.pendingTimers > 1, false);
  }

  /** One of two endpoints is half of them, which is enough. */
  get #isPanic(): boolean {
    return !this.#all.some(({ isInService }) => isInService);
  }

  #judge(endpoint: Endpoint, isTrial: boolean, isGood: boolean, now: number): void {
    if (endpoint.state === 'TRIAL') {
      if (!isTrial) return;
      if (isGood) this.#restore(endpoint, now);
      else this.#eject(endpoint, now);
    } else if (endpoint.isInService) {
      const { failures, connectionErrors, slowCalls } = endpoint;
      if (Math.max(failures, connectionErrors, slowCalls) < this.#inARow) return;
      const ejected = this.#all.filter(({ isInService }) => !isInService).length;
      if (ejected < mostEjected) this.#eject(endpoint, now);
      else this.seen.add('ejection prevented');
    }
  }

  /** Longer with each ejection, and shorter again with the time in service. */
  #eject(endpoint: Endpoint, now: number): void {
    const inServiceMs = endpoint.isInService ? now - endpoint.restoredAt : 0;
    const multiplier = Math.max(0, endpoint.multiplier - Math.floor(inServiceMs / baseEjectionMs));
    endpoint.multiplier = Math.min(multiplier + 1, 2);
    endpoint.ejectedUntil = now + baseEjectionMs * endpoint.multiplier;
    endpoint.enter('EJECTED');
    this.seen.add('ejected');
  }

  #restore(endpoint: Endpoint, now: number): void {
    if (endpoint.isInService) return;
    endpoint.enter('IN_SERVICE');
    endpoint.restoredAt = now;
    this.seen.add('restored');
  }
}
