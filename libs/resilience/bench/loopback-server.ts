/** Responds to every request at once, over HTTP and gRPC: a process of its own, so that its work is not measured. */
import { Server as GrpcServer, ServerCredentials } from '@grpc/grpc-js';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { customer, type LoopbackPorts, lookUpService } from './loopback-protocol.ts';

const http = createServer((request, response) => {
  request.resume();
  response.setHeader('content-type', 'application/json').end(customer);
});
http.keepAliveTimeout = 60_000;

const grpc = new GrpcServer();
grpc.addService(lookUpService, {
  find: (_call: unknown, respond: (error: null, value: string) => void) => respond(null, customer),
});

grpc.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, grpcPort) => {
  if (error !== null) throw error;
  http.listen(0, '127.0.0.1', () => {
    const { port } = http.address() as AddressInfo;
    process.send?.({ http: port, grpc: grpcPort } satisfies LoopbackPorts);
  });
});

process.on('disconnect', () => process.exit());
