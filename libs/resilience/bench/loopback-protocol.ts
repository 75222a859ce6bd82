import type { MethodDefinition } from '@grpc/grpc-js';

/** What the server responds. */
export const customer = JSON.stringify({ id: 'c-1001', name: 'Ada Lovelace', status: 'ACTIVE' });

/** The message with which the server reports where it listens. */
export interface LoopbackPorts {
  readonly http: number;
  readonly grpc: number;
}

const serialize = (text: string): Buffer => Buffer.from(text);
const deserialize = (bytes: Buffer): string => bytes.toString();

/** A service of one unary method, whose messages are texts. */
export const lookUpService = {
  find: {
    path: '/bench.Customers/Find',
    requestStream: false,
    responseStream: false,
    requestSerialize: serialize,
    requestDeserialize: deserialize,
    responseSerialize: serialize,
    responseDeserialize: deserialize,
  } satisfies MethodDefinition<string, string>,
};
