// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from '@testing-library/preact';
import type { ComponentChildren } from 'preact';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { send } from './api.ts';
import { EventLog } from './event-log.tsx';
import { ResultLine } from './result-line.tsx';
import { stubServer } from './testing.ts';
import { TraceFinder, TraceUrl } from './trace-link.tsx';

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const traceId = '0af7651916cd43dd8448eb211c80319c';
const traceUrl = 'https://jaeger.example/trace/{traceId}?x=1';
const href = `https://jaeger.example/trace/${traceId}?x=1`;

const renderWith = (url: string | null, children: ComponentChildren) =>
  render(<TraceUrl.Provider value={url}>{children}</TraceUrl.Provider>);

const event = {
  at: 0,
  replica: 'account-1',
  policy: 'circuitBreaker',
  name: 'customer',
  type: 'STATE_TRANSITION',
  detail: 'CLOSED → OPEN',
};

describe('the link to a trace', () => {
  it('is at each event that has one, and opens in a tab that cannot control this one', () => {
    renderWith(traceUrl, <EventLog events={[{ ...event, traceId }, event]} omitted={0} />);

    const [link, ...others] = screen.getAllByRole<HTMLAnchorElement>('link');
    expect(others).toEqual([]);
    expect(link?.href).toBe(href);
    expect(link?.textContent).toBe('trace of this state transition, in a new tab');
    expect(link?.rel).toBe('noopener noreferrer');
    expect(link?.target).toBe('_blank');
  });

  it('is nowhere without the address of traces', () => {
    renderWith(null, <EventLog events={[{ ...event, traceId }]} omitted={0} />);

    expect(screen.queryByRole('link')).toBeNull();
    expect(screen.queryByRole('textbox')).toBeNull();
  });

  it.each(['', 'x', `${traceId}0`, traceId.toUpperCase(), `${traceId.slice(1)}/`])('is not made of %j', (odd) => {
    renderWith(traceUrl, <EventLog events={[{ ...event, traceId: odd }]} omitted={0} />);

    expect(screen.queryByRole('link')).toBeNull();
  });

  it('is at a refusal whose problem details have a trace', async () => {
    const refusal = { type: 'urn:breakwater:problem:overloaded', status: 503, traceId };
    const replicas = [
      { replica: 'customer-1', status: 200, body: {} },
      { replica: 'customer-2', status: 503, body: refusal },
    ];
    stubServer(() => Response.json({ replicas }, { status: 503 }));

    const result = await send({ method: 'DELETE', path: '/faults' });
    renderWith(traceUrl, <ResultLine result={result} />);

    expect(result).toEqual({ isDone: false, message: 'customer-2 responded with status 503', traceId });
    expect(screen.getByRole<HTMLAnchorElement>('link').href).toBe(href);
  });
});

describe('the search for a trace', () => {
  const enter = (value: string) => fireEvent.input(screen.getByRole('textbox'), { target: { value } });

  it('links the id of a problem or a log line', () => {
    renderWith(traceUrl, <TraceFinder />);
    expect(screen.queryByRole('link')).toBeNull();

    enter(` ${traceId.toUpperCase()}\n`);

    expect(screen.getByRole<HTMLAnchorElement>('link').href).toBe(href);
  });

  it('explains what an id is', () => {
    renderWith(traceUrl, <TraceFinder />);

    enter('javascript:alert(1)');

    expect(screen.queryByRole('link')).toBeNull();
    expect(screen.getByText('A trace id has 32 hexadecimal digits.')).toBeDefined();
  });
});
