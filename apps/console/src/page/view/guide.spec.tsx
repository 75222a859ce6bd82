// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from '@testing-library/preact';
import { afterEach, describe, expect, it } from 'vitest';
import { liveState, noLoad } from '../testing/samples.ts';
import { Guide } from './guide.tsx';

afterEach(() => {
  cleanup();
  localStorage.clear();
});

describe('the guide', () => {
  it('ticks off what has been done, and points at what comes next', () => {
    render(<Guide state={liveState({ load: { ...noLoad, sent: 1 } })} />);

    const steps = screen.getAllByRole('listitem');
    expect(steps.map(({ className }) => className)).toEqual(['is-done', '', '', '']);
    expect(steps.map((step) => step.getAttribute('aria-current'))).toEqual([null, 'step', null, null]);
  });

  it('stays closed once it was closed', () => {
    render(<Guide state={liveState()} />);
    fireEvent.click(screen.getByRole('button', { name: 'Close the guide' }));
    cleanup();

    render(<Guide state={liveState()} />);

    expect(screen.queryByRole('heading')).toBeNull();
  });
});
