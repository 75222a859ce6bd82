// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, within } from '@testing-library/preact';
import { afterEach, describe, expect, it } from 'vitest';
import type { Snapshot } from '../protocol/messages.ts';
import { breakerWith, liveState, replicaWith } from './testing.ts';
import { curve } from './topology-lines.ts';
import { Topology } from './topology.tsx';

afterEach(cleanup);

const open = breakerWith({
  state: 'OPEN',
  metrics: { ...breakerWith().metrics, failureRate: 80, bufferedCalls: 10 },
});

function show(changes: Partial<Snapshot>): void {
  const state = liveState(changes);
  render(<Topology state={state} snapshot={state.snapshot!} breakers={['customer']} />);
}

const card = (): HTMLElement => screen.getByRole('region', { name: 'Why' });

describe('the live topology', () => {
  it('says that all edges are open', () => {
    show({});

    expect(card().textContent).toContain('Every circuit breaker is closed, and every endpoint is in service.');
  });

  it('says why an edge is closed without a click', () => {
    show({ accounts: [replicaWith({ breakers: { customer: open } })] });

    expect(card().textContent).toContain('account-1, customer open: 80 % of 10 calls failed (opens at 50 %)');
  });

  it('opens the card of a circuit breaker, and closes it with Escape', () => {
    show({ accounts: [replicaWith({ breakers: { customer: open } })] });
    const gate = screen.getByRole('button', { name: /^Circuit breaker customer Open/ });

    fireEvent.click(gate);
    expect(gate.getAttribute('aria-pressed')).toBe('true');
    expect(within(card()).getByRole('heading').textContent).toBe('account-1, circuit breaker customer: Open');
    expect(card().textContent).toContain('failed80 % (opens at 50 %)');

    fireEvent.keyDown(gate, { key: 'Escape' });
    expect(gate.getAttribute('aria-pressed')).toBe('false');
  });

  it('opens the card of each node and of the edges to account', () => {
    show({});

    for (const [button, title] of [
      [/^Clients/, 'Clients'],
      [/^From clients to the load balancer/, 'Clients → load balancer'],
      [/^Load balancer/, 'Load balancer'],
      [/^From the load balancer to account-1/, 'Load balancer → account-1'],
      [/^account-1/, 'account-1'],
    ] as const) {
      fireEvent.click(screen.getByRole('button', { name: button }));
      expect(within(card()).getByRole('heading').textContent).toBe(title);
    }
  });

  it('opens the card of an edge at a click on its line, and closes it at the next', () => {
    show({});
    const line = document.querySelector('.topology-lines .edge')!;

    fireEvent.click(line);
    expect(within(card()).getByRole('heading').textContent).toBe('Clients → load balancer');

    fireEvent.click(line);
    expect(within(card()).getByRole('heading').textContent).toBe('All calls get through');
  });

  it('keeps the card of something that no longer exists', () => {
    const state = liveState();
    const { rerender } = render(<Topology state={state} snapshot={state.snapshot!} breakers={['customer']} />);
    fireEvent.click(screen.getByRole('button', { name: /^account-1/ }));

    rerender(<Topology state={state} snapshot={{ ...state.snapshot!, accounts: [] }} breakers={['customer']} />);

    expect(card().textContent).toBe('It no longer exists.');
  });
});

describe('a line', () => {
  const box = (left: number, top: number) => ({ left, top, right: left + 100, bottom: top + 40 });

  it('leads from the right side of its source to a target there', () => {
    expect(curve(box(0, 0), box(0, 0), box(200, 100), undefined)).toEqual([
      [100, 20],
      [150, 20],
      [150, 120],
      [200, 120],
    ]);
  });

  it('leads downwards to a target below', () => {
    expect(curve(box(10, 60), { ...box(0, 0), bottom: 120 }, box(50, 200), 0.25)).toEqual([
      [25, 120],
      [25, 160],
      [100, 160],
      [100, 200],
    ]);
  });
});
