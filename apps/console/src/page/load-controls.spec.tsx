// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from '@testing-library/preact';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { LoadControls } from './load-controls.tsx';
import { noLoad, stubServer, success } from './testing.ts';

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

describe('the load controls', () => {
  it('send the rate of the slider', async () => {
    const requests = stubServer(success);
    render(<LoadControls load={noLoad} now={0} />);

    fireEvent.input(screen.getByRole('slider'), { target: { value: '35' } });
    fireEvent.click(screen.getByRole('button', { name: 'Start' }));

    await vi.waitFor(() => expect(requests).toHaveLength(1));
    const body = { startRate: 35, stages: [{ rate: 35, seconds: 300 }] };
    expect(requests).toEqual([{ method: 'PUT', path: '/load', token: undefined, body }]);
  });

  it('follow the slider while load is sent, and stop it', async () => {
    const requests = stubServer(success);
    render(<LoadControls load={{ ...noLoad, rate: 20, endsAt: 60_000, sent: 5 }} now={0} />);
    expect(screen.getByText('20/s for 1 min')).toBeDefined();

    fireEvent.change(screen.getByRole('slider'), { target: { value: '50' } });
    fireEvent.click(screen.getByRole('button', { name: 'Stop' }));

    await vi.waitFor(() => expect(requests).toHaveLength(2));
    expect(requests.map(({ method }) => method)).toEqual(['PUT', 'DELETE']);
  });

  it('explain the responses', () => {
    const responses = { 0: 1, 201: 90, 202: 7, 422: 5, 418: 2 };
    render(<LoadControls load={{ ...noLoad, responses, skipped: 3 }} now={0} />);

    expect(screen.getAllByRole('listitem').map(({ textContent }) => textContent)).toEqual([
      '1 no response',
      '90 201 opened',
      '7 202 accepted',
      '2 418',
      '5 422 unknown or closed customer',
      '3 not sent',
    ]);
  });

  it('are hidden when sending load is disabled', () => {
    render(<LoadControls load={{ ...noLoad, isAllowed: false }} now={0} />);

    expect(screen.queryByRole('button')).toBeNull();
    expect(screen.getByText(/CONSOLE_LOAD=true/)).toBeDefined();
  });
});
