import { systemClock } from '@breakwater/resilience';
import { ProblemException } from '@breakwater/service-kit';
import { describe, expect, it } from 'vitest';
import type { Exchange } from '../faults/fault.ts';
import { Faults } from '../faults/faults.ts';
import { CustomersController, type Customer, type CustomersRepository } from './customers.module.ts';

const ada: Customer = { id: 'c-1', name: 'Ada', email: 'ada@example.com', status: 'ACTIVE', createdAt: '2024-01-01' };
const never = new AbortController().signal;
const reply = {} as Exchange['reply'];

function controllerWith({ findById, latencyMs = 0 }: Pick<CustomersRepository, 'findById'> & { latencyMs?: number }) {
  return new CustomersController(
    { findById } as CustomersRepository,
    new Faults(systemClock, Math.random, { latency: latencyMs }),
  );
}

describe('CustomersController', () => {
  it('returns the customer that the repository finds', async () => {
    await expect(controllerWith({ findById: async () => ada }).findById('c-1', never, reply)).resolves.toBe(ada);
  });

  it('throws a 404 problem when there is none', async () => {
    await expect(controllerWith({ findById: async () => undefined }).findById('c-2', never, reply)).rejects.toThrow(
      ProblemException,
    );
  });

  it('stops waiting when the client disconnects', async () => {
    const client = new AbortController();
    const finding = controllerWith({ findById: async () => ada, latencyMs: 60_000 }).findById(
      'c-1',
      client.signal,
      reply,
    );

    client.abort(new Error('gone'));

    await expect(finding).rejects.toThrow('gone');
  });

  it('does not wait for the latency when the database fails', async () => {
    const findById = async (): Promise<never> => {
      throw new Error('away');
    };

    await expect(controllerWith({ findById, latencyMs: 60_000 }).findById('c-1', never, reply)).rejects.toThrow('away');
  });
});
