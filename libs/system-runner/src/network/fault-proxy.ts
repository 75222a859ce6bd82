import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { listen } from '../ports.ts';
import { type Disturbance, Lane, undisturbed } from './lane.ts';

export type Direction = 'to-server' | 'to-client' | 'both';

/** A fault of the network between a client and a server. */
export type NetworkFault =
  /** Each byte arrives later, in both directions. */
  | { readonly kind: 'latency'; readonly ms: number }
  /** All bytes are held back until the end of the fault, as by a server whose processes are stopped. They arrive then. */
  | { readonly kind: 'stall' }
  /** Open connections end; new ones are accepted, and nothing is passed on: a server that is stuck after its start. */
  | { readonly kind: 'accept-only' }
  /** Open connections and new ones end in order (FIN): a server that has been shut down. */
  | { readonly kind: 'close' }
  /** Open connections and new ones are reset (RST). */
  | { readonly kind: 'reset' }
  /** The server has lost its open connections, and the client does not know. New connections work. */
  | { readonly kind: 'half-open' }
  /** Few bytes a second pass: `to-server` is a server that reads slowly, `to-client` one that writes slowly. */
  | { readonly kind: 'slow'; readonly direction: Direction; readonly bytesPerSecond: number }
  /** Bytes of a direction are lost. Connections that lost some break when the partition ends. */
  | { readonly kind: 'partition'; readonly direction: Direction };

/** The two ends of a connection through the proxy. */
interface Connection {
  readonly client: Socket;
  /** Undefined when the connection was accepted only. */
  readonly server: Socket | undefined;
  readonly lanes: readonly Lane[];
  /** Whether it cannot work any more although an end of it does not know yet. */
  isBroken: boolean;
}

/** The faults that end the open connections in order. */
const closing: ReadonlySet<NetworkFault['kind']> = new Set(['accept-only', 'close']);

/** A TCP proxy in front of a server that disturbs the connections to it. */
export class FaultProxy {
  /** The server's URL through the proxy. */
  readonly url: string;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  #target: URL;
  #fault: NetworkFault | undefined;

  private constructor(server: Server, target: URL, host: string) {
    this.#server = server;
    this.#target = target;
    const url = new URL(target);
    url.host = host;
    this.url = url.pathname === '/' && target.protocol === 'http:' ? url.origin : url.href;
    server.on('connection', (client: Socket) => this.#accept(client));
  }

  /** Starts a proxy on a free port. @param targetUrl where connections lead, such as `postgres://…` or `http://…` */
  static async open(targetUrl: string): Promise<FaultProxy> {
    const server = createServer({ allowHalfOpen: true });
    const { host } = new URL(await listen(server));
    return new FaultProxy(server, new URL(targetUrl), host);
  }

  /** Number of open connections of clients. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Replaces the fault by another one. */
  inject(fault: NetworkFault): void {
    if (this.#fault !== undefined) this.heal();
    this.#fault = fault;
    for (const connection of this.#connections) {
      if (closing.has(fault.kind)) close(connection);
      if (fault.kind === 'reset') reset(connection);
      if (fault.kind === 'half-open') {
        connection.isBroken = true;
        connection.server?.destroy();
      }
    }
    this.#pump();
  }

  /** Ends the fault. */
  heal(): void {
    this.#fault = undefined;
    for (const connection of this.#connections) {
      const hasLost = connection.lanes.some((lane) => lane.hasLost);
      if (connection.isBroken || hasLost || connection.server === undefined) reset(connection);
    }
    this.#pump();
  }

  /** Leads new connections to another server. Those that are open stay where they are, as after a change of an address. */
  redirect(targetUrl: string): void {
    this.#target = new URL(targetUrl);
  }

  /** Ends the proxy and all connections. */
  async close(): Promise<void> {
    for (const connection of this.#connections) close(connection);
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(client: Socket): void {
    const kind = this.#fault?.kind;
    client.on('error', () => {});
    if (kind === 'close') return void client.destroy();
    if (kind === 'reset') return void client.resetAndDestroy();
    const server = kind === 'accept-only' ? undefined : this.#connect();
    const lanes =
      server === undefined
        ? []
        : [
            new Lane(client, server, () => disturbanceOf(this.#fault, 'to-server')),
            new Lane(server, client, () => disturbanceOf(this.#fault, 'to-client')),
          ];
    const connection: Connection = { client, server, lanes, isBroken: false };
    this.#connections.add(connection);
    client.once('close', () => this.#ended(connection, 'client'));
    server?.once('close', () => this.#ended(connection, 'server'));
  }

  #connect(): Socket {
    const { hostname, port, protocol } = this.#target;
    const defaultPort = protocol === 'http:' ? 80 : 5432;
    return connect({ host: hostname, port: Number(port || defaultPort), allowHalfOpen: true }).on('error', () => {});
  }

  /** Passes the end of one side on, unless the fault holds it back, too. */
  #ended(connection: Connection, side: 'client' | 'server'): void {
    const other = side === 'client' ? connection.server : connection.client;
    const direction = side === 'client' ? 'to-server' : 'to-client';
    const { isHeld, isLost } = disturbanceOf(this.#fault, direction);
    const isUnnoticed = isHeld || isLost || (side === 'server' && connection.isBroken);
    if (isUnnoticed && other?.destroyed === false) connection.isBroken = true;
    else other?.destroy();
    if (connection.client.destroyed && connection.server?.destroyed !== false) this.#connections.delete(connection);
  }

  #pump(): void {
    for (const { lanes } of this.#connections) for (const lane of lanes) lane.pump();
  }
}

function close({ client, server }: Connection): void {
  client.destroy();
  server?.destroy();
}

function reset({ client, server }: Connection): void {
  client.resetAndDestroy();
  server?.resetAndDestroy();
}

/** What a fault does to the bytes of a direction. */
function disturbanceOf(fault: NetworkFault | undefined, direction: 'to-server' | 'to-client'): Disturbance {
  if (fault?.kind === 'stall') return { ...undisturbed, isHeld: true };
  if (fault?.kind === 'latency') return { ...undisturbed, delayMs: fault.ms };
  const isAffected = fault !== undefined && 'direction' in fault && ['both', direction].includes(fault.direction);
  if (!isAffected) return undisturbed;
  return fault.kind === 'slow'
    ? { ...undisturbed, bytesPerSecond: fault.bytesPerSecond }
    : { ...undisturbed, isLost: true };
}
