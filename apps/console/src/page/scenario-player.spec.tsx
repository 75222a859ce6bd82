// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from '@testing-library/preact';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ScenarioPlayer } from './scenario-player.tsx';
import { scenarios } from './scenarios.ts';
import { customerWith, noLoad, stubServer, success, unauthorized } from './testing.ts';

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  sessionStorage.clear();
});

const startedAt = 1_000_000;
const customers = ['customer-1', 'customer-2'].map((name) => customerWith({ name }));
const player = (now = startedAt, isAllowed = true) => (
  <ScenarioPlayer customers={customers} load={{ ...noLoad, isAllowed }} token="t" now={now} />
);
const choose = (name: string) =>
  fireEvent.change(screen.getByRole('combobox', { name: 'Scenario' }), { target: { value: name } });
const press = (name: string) => fireEvent.click(screen.getByRole('button', { name }));
const spike = scenarios.find(({ name }) => name === 'spike')!;
const hang = scenarios.find(({ name }) => name === 'customer-hang')!;

describe('the scenario player', () => {
  it('offers all scenarios with their claims', () => {
    render(player());

    expect(screen.getAllByRole('option')).toHaveLength(scenarios.length);
    choose('spike');
    expect(screen.getByText(spike.claim, { exact: false })).toBeDefined();
  });

  it('plays the faults and then the load, and shows the progress', async () => {
    const requests = stubServer(success);
    const { rerender } = render(player());
    choose('customer-hang');

    press('Play');
    await screen.findByText('customer is healthy');
    rerender(player(startedAt + 6_500));

    expect(requests).toEqual([
      { method: 'PUT', path: '/faults/timeline', token: 'Bearer t', body: hang.timeline },
      { method: 'PUT', path: '/load', token: undefined, body: hang.load },
    ]);
    expect(screen.getByText('customer hangs')).toBeDefined();
    expect(screen.getByText('6 of 37 s')).toBeDefined();
    expect(screen.getByRole('progressbar', { name: 'Progress of customer-hang' }).getAttribute('value')).toBe('6.5');
    rerender(player(startedAt + 60_000));
    expect(screen.getByText('customer-hang has ended')).toBeDefined();
  });

  it('shows the progress, and can be stopped, after the page was loaded again', async () => {
    const requests = stubServer(success);
    render(player());
    choose('customer-hang');
    press('Play');
    await screen.findByText('customer is healthy');
    cleanup();

    render(player(startedAt + 6_500));

    expect(screen.getByText('customer hangs')).toBeDefined();
    expect(screen.getByRole<HTMLSelectElement>('combobox', { name: 'Scenario' }).value).toBe('customer-hang');
    press('Stop and clear faults');
    await vi.waitFor(() => expect(requests).toHaveLength(4));
    cleanup();
    render(player(startedAt + 7_000));
    expect(screen.queryByRole('progressbar')).toBeNull();
  });

  it('is not shown any more when the page is loaded after its end', async () => {
    stubServer(success);
    render(player());
    press('Play');
    await screen.findByText('customer is healthy');
    cleanup();

    render(player(startedAt + 600_000));

    expect(screen.queryByRole('progressbar')).toBeNull();
  });

  it('plays a scenario with one bad replica on one replica only', async () => {
    const requests = stubServer(success);
    render(player());
    choose('one-customer-hangs');

    press('Play');

    await screen.findByText('customer is healthy');
    expect(requests[0]).toMatchObject({ method: 'PUT', path: '/faults/timeline?replica=customer-2' });
  });

  it('stops the load and clears the faults', async () => {
    const requests = stubServer(success);
    render(player());
    press('Play');
    await screen.findByText('customer is healthy');

    press('Stop and clear faults');

    await vi.waitFor(() => expect(requests).toHaveLength(4));
    expect(requests.slice(2).map(({ method, path }) => `${method} ${path}`)).toEqual([
      'DELETE /faults',
      'DELETE /load',
    ]);
    expect(screen.queryByRole('progressbar')).toBeNull();
  });

  it('sends no load when the faults were rejected', async () => {
    const requests = stubServer(unauthorized);
    render(player());

    press('Play');

    await screen.findByText('The token is wrong.');
    expect(requests).toHaveLength(1);
    expect(screen.queryByRole('progressbar')).toBeNull();
  });

  it('plays only the faults when sending load is disabled', async () => {
    const requests = stubServer(success);
    render(player(startedAt, false));

    press('Play');

    await screen.findByRole('progressbar');
    expect(requests.map(({ path }) => path)).toEqual(['/faults/timeline']);
  });
});
