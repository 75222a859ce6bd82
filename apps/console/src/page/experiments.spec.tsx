// @vitest-environment happy-dom
import { experiments } from '@breakwater/contracts/experiments';
import { cleanup, fireEvent, render, screen, within } from '@testing-library/preact';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Experiments } from './experiments.tsx';
import type { CustomerReplica } from '../protocol/messages.ts';
import { breakerWith, replicaWith, stubServer, success, unauthorized } from './testing.ts';

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const offering = [replicaWith({ breakers: { 'count-slow': breakerWith() } })];

const customerOf = (latencySeconds: number): CustomerReplica => ({
  name: 'customer-1',
  address: 'customer-1:3001',
  problem: null,
  activeFaults: ['latency'],
  injectedPerSecond: 0,
  latencySeconds,
});

/** The response of account to an experiment. */
function eventLines(durationMs: number): string {
  const call = (n: number) => ({
    type: 'call',
    n,
    outcome: n > 10 ? 'not-permitted' : durationMs > 1_000 ? 'slow' : 'answered',
    durationMs,
    state: n < 10 ? 'CLOSED' : 'OPEN',
    failureRate: 0,
    slowCallRate: 100,
    transitions: [],
  });
  const lines = [
    { type: 'start', instance: 'account-1', breaker: 'count-slow', config: {} },
    ...Array.from({ length: 20 }, (_, index) => call(index + 1)),
    { type: 'end' },
  ];
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

async function run(): Promise<HTMLElement> {
  render(<Experiments accounts={offering} customers={[]} token="secret" />);
  const card = screen.getByRole('article', { name: 'Slow calls count' });
  fireEvent.click(within(card).getByRole('button', { name: 'Run' }));
  await within(card).findByRole('button', { name: 'Run again' });
  return card;
}

describe('the experiments', () => {
  it('are five, each with its set-up', () => {
    render(<Experiments accounts={offering} customers={[]} token="secret" />);

    const cards = screen.getAllByRole('article');
    expect(cards).toHaveLength(5);
    for (const [index, { setup }] of experiments.entries()) expect(cards[index]?.textContent).toContain(setup);
  });

  it('show each call and the lesson', async () => {
    stubServer(() => new Response(eventLines(2_000)));

    const card = await run();

    expect(card.querySelectorAll('.cell-SLOW_SUCCESS')).toHaveLength(10);
    expect(card.querySelectorAll('.cell-REJECTED')).toHaveLength(10);
    expect(card.textContent).toContain('account-1 · Open · failed 0 %, slow 100 %');
    expect(card.textContent).toContain(experiments[0]?.lesson);
  });

  it('show no lesson when customer was fast', async () => {
    stubServer(() => new Response(eventLines(20)));

    const card = await run();

    expect(card.textContent).toContain('Customer was not slow.');
    expect(card.textContent).not.toContain(experiments[0]?.lesson);
  });

  it('make customer slow first on request', async () => {
    const requests = stubServer(({ path }) => (path === '/faults' ? success() : new Response(eventLines(2_000))));
    render(<Experiments accounts={offering} customers={[customerOf(0.02)]} token="secret" />);
    const card = screen.getByRole('article', { name: 'Slow calls count' });

    fireEvent.click(within(card).getByRole('button', { name: 'Make it slow and run' }));
    await within(card).findByRole('button', { name: 'Run again' });

    expect(requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'PUT /faults',
      'POST /experiments/count-slow',
    ]);
    expect(requests[0]).toMatchObject({ token: 'Bearer secret', body: { latency: '2s' } });
  });

  it('do not run when customer cannot be made slow', async () => {
    const requests = stubServer(unauthorized);
    render(<Experiments accounts={offering} customers={[customerOf(0.02)]} token="" />);
    const card = screen.getByRole('article', { name: 'Slow calls count' });

    fireEvent.click(within(card).getByRole('button', { name: 'Make it slow and run' }));

    await within(card).findByText('A token is required. Enter it first.');
    expect(requests).toHaveLength(1);
  });

  it('need not make a slow customer slow', () => {
    render(<Experiments accounts={offering} customers={[customerOf(2)]} token="" />);

    expect(screen.queryByRole('button', { name: 'Make it slow and run' })).toBeNull();
  });

  it('show why they failed', async () => {
    stubServer(() => Response.json({}, { status: 404 }));

    expect((await run()).textContent).toContain('Run its lab entry');
  });

  it('fail when the response ends early', async () => {
    stubServer(() => new Response(eventLines(2_000).replace('{"type":"end"}\n', '')));

    expect((await run()).textContent).toContain('The experiment was interrupted');
  });

  it('are hidden when account does not offer them', () => {
    render(<Experiments accounts={[replicaWith()]} customers={[]} token="" />);

    expect(screen.queryByRole('article')).toBeNull();
    expect(screen.getByText(/does not offer experiments/)).toBeDefined();
  });
});
