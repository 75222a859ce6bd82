// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, within } from '@testing-library/preact';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { experiments } from '../state/experiments.ts';
import { breakerWith, replicaWith } from '../testing/samples.ts';
import { serverThat } from '../testing/server.ts';
import { Experiments } from './experiments.tsx';

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const offering = [replicaWith({ breakers: { 'count-slow': breakerWith() } })];

/** A story as account tells it. */
function story(durationMs: number): string {
  const call = (n: number) => ({
    type: 'call',
    n,
    outcome: n > 10 ? 'not-permitted' : durationMs > 1_000 ? 'slow' : 'answered',
    durationMs,
    state: n < 10 ? 'CLOSED' : 'OPEN',
    failureRate: 0,
    slowCallRate: 100,
  });
  const lines = [
    { type: 'start', instance: 'account-1' },
    ...Array.from({ length: 20 }, (_, index) => call(index + 1)),
    { type: 'end' },
  ];
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

async function run(): Promise<HTMLElement> {
  render(<Experiments accounts={offering} />);
  const card = screen.getByRole('article', { name: 'Slow calls count' });
  fireEvent.click(within(card).getByRole('button', { name: 'Run' }));
  await within(card).findByRole('button', { name: 'Run again' });
  return card;
}

describe('the experiments', () => {
  it('are five, each with what it sets up', () => {
    render(<Experiments accounts={offering} />);

    const cards = screen.getAllByRole('article');
    expect(cards).toHaveLength(5);
    for (const [index, { setup }] of experiments.entries()) expect(cards[index]?.textContent).toContain(setup);
  });

  it('are shown call by call, and explained', async () => {
    serverThat(() => new Response(story(2_000)));

    const card = await run();

    expect(card.querySelectorAll('.cell-SLOW_SUCCESS')).toHaveLength(10);
    expect(card.querySelectorAll('.cell-REFUSED')).toHaveLength(10);
    expect(card.textContent).toContain('account-1 · Open · failed 0 %, slow 100 %');
    expect(card.textContent).toContain(experiments[0]?.lesson);
  });

  it('do not claim what a quick customer cannot show', async () => {
    serverThat(() => new Response(story(20)));

    const card = await run();

    expect(card.textContent).toContain('Customer was not slow this time');
    expect(card.textContent).not.toContain(experiments[0]?.lesson);
  });

  it('say why they failed', async () => {
    serverThat(() => Response.json({}, { status: 404 }));

    expect((await run()).textContent).toContain('start it with DEMO_MODE=true');
  });

  it('say where they are not offered', () => {
    render(<Experiments accounts={[replicaWith()]} />);

    expect(screen.queryByRole('article')).toBeNull();
    expect(screen.getByText(/does not offer them here/)).toBeDefined();
  });
});
