import { type Mock, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Events, Snapshot } from '../protocol/messages.ts';
import { ReplicaSet, SystemMonitor } from './system-monitor.ts';

/** A replica of account and one of customer that respond at once. */
class FakeReplicas {
  readonly requests: string[] = [];
  isReachable = true;
  accepted = 0;
  #stream: ReadableStreamDefaultController<Uint8Array> | undefined;

  get isStreaming(): boolean {
    return this.#stream !== undefined;
  }

  readonly fetch = async (url: string, { signal }: RequestInit = {}): Promise<Response> => {
    const path = url.replace(/^http:\/\/127\.0\.0\.1/, '');
    this.requests.push(path);
    if (!this.isReachable) throw new Error('refused');
    const headers = { 'x-instance': url.includes(':1/') ? 'account-1' : 'customer-1' };
    if (path === ':1/actuator/events/stream') {
      const body = new ReadableStream<Uint8Array>({ start: (stream) => void (this.#stream = stream) });
      signal?.addEventListener('abort', () => {
        this.#stream?.error(new Error('aborted'));
        this.#stream = undefined;
      });
      return new Response(body, { headers });
    }
    if (path === ':1/actuator/circuitbreakerwindows')
      return Response.json({ circuitBreakers: { customer: { state: 'OPEN', remainingMs: 10_000 } } }, { headers });
    if (path === ':1/actuator/endpointpools')
      return Response.json(
        { endpointPools: { customer: { endpoints: { a: { remainingEjectionMs: 3_000 } } } } },
        { headers },
      );
    const counted = `http_server_requests_seconds_count{method="POST",uri="/accounts",status="400"} ${this.accepted}`;
    return path.endsWith('/metrics')
      ? new Response(counted, { headers })
      : Response.json({ findings: [] }, { headers });
  };

  emit(type: string, data: object): void {
    this.#stream?.enqueue(new TextEncoder().encode(`event: ${type}\ndata: ${JSON.stringify(data)}\n\n`));
  }

  /** Requests for the windows in this time. */
  async readsIn(seconds: number): Promise<number> {
    const before = this.requests.length;
    await vi.advanceTimersByTimeAsync(seconds * 1_000);
    return this.requests.slice(before).filter((path) => path.endsWith('/circuitbreakerwindows')).length;
  }
}

describe('the monitor of the system', () => {
  let replicas: FakeReplicas;
  let monitor: SystemMonitor;
  let onEvents: Mock<(events: Events) => void>;
  let onSnapshot: Mock<(snapshot: Snapshot) => void>;

  beforeEach(() => {
    vi.useFakeTimers();
    replicas = new FakeReplicas();
    vi.stubGlobal('fetch', replicas.fetch);
    [onEvents, onSnapshot] = [vi.fn(), vi.fn()];
    monitor = new SystemMonitor({
      accountUrls: ['http://127.0.0.1:1'],
      customerUrls: ['http://127.0.0.1:2'],
      load: () => ({ isAllowed: false, rate: 0, endsAt: null, sent: 0, responses: {}, skipped: 0 }),
      onSnapshot,
      onEvents,
      onError: (error) => {
        throw error;
      },
    });
  });

  afterEach(() => {
    monitor.stop();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  const event = { pattern: 'retry', name: 'customer', type: 'SUCCESS', creationTime: '2026-01-01T00:00:00.000Z' };
  const states = () => onEvents.mock.calls.flatMap(([{ states }]) => states.map(({ state }) => state));
  /** Runs until nothing has happened for long enough. */
  const startAndRest = async (): Promise<void> => {
    monitor.start();
    await vi.advanceTimersByTimeAsync(20_000);
  };

  it('sends no request to a replica, and has no timer, until it starts', async () => {
    await vi.advanceTimersByTimeAsync(60_000);

    expect(replicas.requests).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('sends no request, has no stream and no timer after it has stopped', async () => {
    await startAndRest();
    expect(replicas.isStreaming).toBe(true);

    monitor.stop();
    await vi.advanceTimersByTimeAsync(2_000);
    const before = replicas.requests.length;
    await vi.advanceTimersByTimeAsync(60_000);

    expect(replicas.requests.slice(before)).toEqual([]);
    expect(replicas.isStreaming).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('reads a replica without events every five seconds, and emits a snapshot each second', async () => {
    await startAndRest();
    onSnapshot.mockClear();

    expect(await replicas.readsIn(20)).toBe(4);
    expect(onSnapshot).toHaveBeenCalledTimes(20);
  });

  it('reads the replicas each second for five seconds after an event', async () => {
    await startAndRest();

    replicas.emit('SUCCESS', event);

    expect(await replicas.readsIn(4)).toBe(4);
    await replicas.readsIn(5);
    expect(await replicas.readsIn(20)).toBe(4);
  });

  it('reads the replicas each second while they get requests that no policy has seen', async () => {
    await startAndRest();

    let reads = 0;
    for (let second = 0; second < 20; second += 1) {
      replicas.accepted += 1;
      reads += await replicas.readsIn(1);
    }

    expect(reads).toBeGreaterThanOrEqual(15);
  });

  it('reads an unreachable replica each second, so that its return is seen at once', async () => {
    await startAndRest();
    replicas.isReachable = false;
    await replicas.readsIn(6);

    expect(await replicas.readsIn(10)).toBe(10);
  });

  it('counts remaining times down between two reads', async () => {
    await startAndRest();
    const remaining = () => {
      const [account] = onSnapshot.mock.lastCall?.[0].accounts ?? [];
      return [
        account?.breakers['customer']?.remainingMs,
        account?.pools['customer']?.endpoints['a']?.remainingEjectionMs,
      ];
    };
    const shown: unknown[] = [];
    for (let second = 0; second < 5; second += 1) {
      await vi.advanceTimersByTimeAsync(1_000);
      shown.push(remaining());
    }

    expect(shown).toEqual(
      expect.arrayContaining([
        [10_000, 3_000],
        [9_000, 2_000],
        [6_000, 0],
      ]),
    );
  });

  it('ends the states of a replica that is unreachable, until it is reachable again', async () => {
    await startAndRest();
    expect(states()).toEqual(['OPEN']);

    replicas.isReachable = false;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(states()).toEqual(['OPEN', null]);
    replicas.isReachable = true;
    await vi.advanceTimersByTimeAsync(10_000);

    expect(states()).toEqual(['OPEN', null, 'OPEN']);
  });

  it('keeps a gap in the history for the time in which it did not run', async () => {
    await startAndRest();
    monitor.stop();
    await vi.advanceTimersByTimeAsync(60_000);
    await startAndRest();

    expect(states()).toEqual(['OPEN', null, 'OPEN']);
    const { seconds } = monitor.history;
    const gap = seconds.findIndex(({ at }, index) => at - (seconds[index - 1]?.at ?? at) > 50_000);
    expect(seconds[gap - 1]).toMatchObject({ traffic: null, pending: null });
  });

  it('finds the replicas for a request of a client while it does not run', async () => {
    await monitor.findReplicas();

    expect(monitor.customers.all.map(({ replica: { name, problem } }) => [name, problem])).toEqual([
      ['customer-1', null],
    ]);
    expect(replicas.isStreaming).toBe(false);
  });
});

describe('a set of replicas', () => {
  it('starts monitors of new replicas, keeps the others, and stops those of removed replicas', async () => {
    let addresses = ['http://a', 'http://b'];
    const set = new ReplicaSet(
      ['http://account'],
      (url) => ({ url, stop: vi.fn() }),
      async () => addresses,
    );
    await set.refresh();
    const [a, b] = set.all;

    addresses = ['http://b', 'http://c'];
    await set.refresh();

    expect(set.all.map(({ url }) => url)).toEqual(['http://b', 'http://c']);
    expect(set.all[0]).toBe(b);
    expect(a?.stop).toHaveBeenCalledOnce();
    expect(b?.stop).not.toHaveBeenCalled();
  });
});
