// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from '@testing-library/preact';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { scenarios } from '../state/scenarios.ts';
import { noLoad } from '../testing/samples.ts';
import { done, refused, serverThat } from '../testing/server.ts';
import { ScenarioPlayer } from './scenario-player.tsx';

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const begun = 1_000_000;
const player = (now = begun, isAllowed = true) => (
  <ScenarioPlayer load={{ ...noLoad, isAllowed }} token="t" now={now} />
);
const choose = (name: string) =>
  fireEvent.change(screen.getByRole('combobox', { name: 'Scenario' }), { target: { value: name } });
const press = (name: string) => fireEvent.click(screen.getByRole('button', { name }));
const spike = scenarios.find(({ name }) => name === 'spike')!;
const hang = scenarios.find(({ name }) => name === 'customer-hang')!;

describe('the player of scenarios', () => {
  it('offers all of them, each with its claim', () => {
    render(player());

    expect(screen.getAllByRole('option')).toHaveLength(scenarios.length);
    choose('spike');
    expect(screen.getByText(spike.claim, { exact: false })).toBeDefined();
  });

  it('plays the faults and then the load, and follows them', async () => {
    const asked = serverThat(done);
    const { rerender } = render(player());
    choose('customer-hang');

    press('Play');
    await screen.findByText('all is well');
    rerender(player(begun + 6_500));

    expect(asked).toEqual([
      { method: 'PUT', path: '/faults/timeline', token: 'Bearer t', body: hang.timeline },
      { method: 'PUT', path: '/load', token: undefined, body: hang.load },
    ]);
    expect(screen.getByText('customer hangs')).toBeDefined();
    expect(screen.getByText('6 of 37 s')).toBeDefined();
    expect(screen.getByRole('progressbar', { name: 'Progress of customer-hang' }).getAttribute('value')).toBe('6.5');
    rerender(player(begun + 60_000));
    expect(screen.getByText('customer-hang is over')).toBeDefined();
  });

  it('stops both, and heals customer', async () => {
    const asked = serverThat(done);
    render(player());
    press('Play');
    await screen.findByText('all is well');

    press('Stop and heal');

    await vi.waitFor(() => expect(asked).toHaveLength(4));
    expect(asked.slice(2).map(({ method, path }) => `${method} ${path}`)).toEqual(['DELETE /faults', 'DELETE /load']);
    expect(screen.queryByRole('progressbar')).toBeNull();
  });

  it('sends no load where the faults were refused', async () => {
    const asked = serverThat(refused);
    render(player());

    press('Play');

    await screen.findByText('That token is not the right one.');
    expect(asked).toHaveLength(1);
    expect(screen.queryByRole('progressbar')).toBeNull();
  });

  it('plays the faults alone where the console may send no load', async () => {
    const asked = serverThat(done);
    render(player(begun, false));

    press('Play');

    await screen.findByRole('progressbar');
    expect(asked.map(({ path }) => path)).toEqual(['/faults/timeline']);
  });
});
