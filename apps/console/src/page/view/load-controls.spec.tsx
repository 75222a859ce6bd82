// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from '@testing-library/preact';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { noLoad } from '../testing/samples.ts';
import { done, serverThat } from '../testing/server.ts';
import { LoadControls } from './load-controls.tsx';

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

describe('the controls of load', () => {
  it('send as much as the slider says', async () => {
    const asked = serverThat(done);
    render(<LoadControls load={noLoad} now={0} />);

    fireEvent.input(screen.getByRole('slider'), { target: { value: '35' } });
    fireEvent.click(screen.getByRole('button', { name: 'Start' }));

    await vi.waitFor(() => expect(asked).toHaveLength(1));
    const body = { startRate: 35, stages: [{ rate: 35, seconds: 300 }] };
    expect(asked).toEqual([{ method: 'PUT', path: '/load', token: undefined, body }]);
  });

  it('follow the slider while load runs, and stop it', async () => {
    const asked = serverThat(done);
    render(<LoadControls load={{ ...noLoad, rate: 20, endsAt: 60_000, sent: 5 }} now={0} />);
    expect(screen.getByText('20/s for 1 min')).toBeDefined();

    fireEvent.change(screen.getByRole('slider'), { target: { value: '50' } });
    fireEvent.click(screen.getByRole('button', { name: 'Stop' }));

    await vi.waitFor(() => expect(asked).toHaveLength(2));
    expect(asked.map(({ method }) => method)).toEqual(['PUT', 'DELETE']);
  });

  it('say what the answers mean', () => {
    const answers = { 0: 1, 201: 90, 202: 7, 422: 5, 418: 2 };
    render(<LoadControls load={{ ...noLoad, answers, skipped: 3 }} now={0} />);

    expect(screen.getAllByRole('listitem').map(({ textContent }) => textContent)).toEqual([
      '1 no answer',
      '90 201 opened',
      '7 202 accepted',
      '2 418',
      '5 422 no such customer',
      '3 not sent',
    ]);
  });

  it('are not there where no load may be sent', () => {
    render(<LoadControls load={{ ...noLoad, isAllowed: false }} now={0} />);

    expect(screen.queryByRole('button')).toBeNull();
    expect(screen.getByText(/CONSOLE_LOAD=true/)).toBeDefined();
  });
});
