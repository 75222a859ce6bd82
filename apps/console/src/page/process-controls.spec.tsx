// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, within } from '@testing-library/preact';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ProcessControls } from './process-controls.tsx';
import { stubServer, success } from './testing.ts';

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const press = (replica: string, name: string) =>
  fireEvent.click(within(screen.getByRole('group', { name: `Process of ${replica}` })).getByRole('button', { name }));

describe('the process controls', () => {
  it('show the state of each process', () => {
    const processes = [
      { name: 'account-1', state: 'running' },
      { name: 'customer-1', state: 'frozen' },
      { name: 'customer-2', state: 'starting' },
    ] as const;
    render(<ProcessControls processes={processes} token="" />);

    expect(screen.getAllByRole('listitem').map(({ textContent }) => textContent)).toEqual([
      'account-1 runningKillFreeze',
      'customer-1 frozenKillContinue',
      'customer-2 startingKillFreeze',
    ]);
  });

  it.each([
    ['Kill', 'running', '/processes/account-1/kill', 'account-1 was killed. It is started again.'],
    ['Freeze', 'running', '/processes/account-1/freeze', /^account-1 is frozen/],
    ['Continue', 'frozen', '/processes/account-1/continue', 'account-1 continues.'],
  ] as const)('%s a process that is %s', async (button, state, path, message) => {
    const requests = stubServer(success);
    render(<ProcessControls processes={[{ name: 'account-1', state }]} token="t" />);

    press('account-1', button);

    await screen.findByText(message);
    expect(requests).toEqual([{ method: 'POST', path, token: 'Bearer t', body: undefined }]);
  });

  it.each([
    ['', 401, 'A token is required. Enter it first.'],
    ['wrong', 401, 'The token is wrong.'],
    ['t', 409, 'account-1 is starting. Wait until it is ready.'],
  ])('show why nothing was changed with the token "%s" and status %i', async (token, status, message) => {
    stubServer(() => Response.json({ detail: 'account-1 is starting. Wait until it is ready.' }, { status }));
    render(<ProcessControls processes={[{ name: 'account-1', state: 'starting' }]} token={token} />);

    press('account-1', 'Kill');

    expect((await screen.findByText(message)).className).toContain('result-bad');
  });
});
