import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const types = { A: 1, AAAA: 28, SRV: 33 } as const;
const headerBytes = 12;
/** An authoritative response without an error, or for a name without any record. */
const flags = { found: 0x84_00, unknown: 0x84_03 } as const;

/** A server of an SRV record. */
export interface StandInDnsServer {
  readonly name: string;
  readonly port: number;
  readonly priority: number;
}

/** A DNS server of a test, whose records change while it runs. */
export class StandInDns {
  /** The IPv4 addresses of each name. */
  readonly addresses = new Map<string, readonly string[]>();
  /** The servers of each service. */
  readonly servers = new Map<string, readonly StandInDnsServer[]>();
  /** Whether it responds to no query. */
  isSilent = false;
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (query, { port, address }) => {
      if (!this.isSilent) socket.send(this.#responseTo(query), port, address);
    });
  }

  /**
   * Starts a server on UDP.
   *
   * @param address default: 127.0.0.1
   * @param port default: a free one
   */
  static async start(address: string = '127.0.0.1', port: number = 0): Promise<StandInDns> {
    const socket = createSocket('udp4').bind(port, address);
    await once(socket, 'listening');
    return new StandInDns(socket);
  }

  /** Host and port. */
  get address(): string {
    const { address, port } = this.#socket.address();
    return `${address}:${port}`;
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(resolve));
  }

  /** Responds to the one question of a query, whose name the records refer to. */
  #responseTo(query: Buffer): Buffer {
    const { name, type, end } = questionOf(query);
    const addresses = this.addresses.get(name);
    const servers = this.servers.get(name);
    const records =
      type === types.A
        ? (addresses ?? []).map((address) => Buffer.from(address.split('.').map(Number)))
        : type === types.SRV
          ? (servers ?? []).map(serverRecord)
          : [];
    const header = Buffer.from(query.subarray(0, headerBytes));
    header.writeUInt16BE(addresses === undefined && servers === undefined ? flags.unknown : flags.found, 2);
    // One question, and neither authorities nor additional records.
    for (const [at, count] of [1, records.length, 0, 0].entries()) header.writeUInt16BE(count, 4 + 2 * at);
    return Buffer.concat([header, query.subarray(headerBytes, end), ...records.map((data) => recordOf(type, data))]);
  }
}

function questionOf(query: Buffer): { readonly name: string; readonly type: number; readonly end: number } {
  const labels: string[] = [];
  let at = headerBytes;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

/** A record of the name in the question, which may be kept for no time. */
function recordOf(type: number, data: Buffer): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc0_00 | headerBytes, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(0, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function serverRecord({ name, port, priority }: StandInDnsServer): Buffer {
  const head = Buffer.alloc(6);
  head.writeUInt16BE(priority, 0);
  head.writeUInt16BE(port, 4);
  const labels = name.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label)]));
  return Buffer.concat([head, ...labels, Buffer.alloc(1)]);
}

/**
 * A command before a program whose system resolver asks a DNS server on port 53 of an address, in a mount namespace of its own.
 *
 * @returns undefined where this user may not create one
 */
export function resolvingWith(address: string): { readonly prefix: readonly string[]; remove(): void } | undefined {
  const directory = mkdtempSync(path.join(tmpdir(), 'breakwater-dns-'));
  const file = path.join(directory, 'resolv.conf');
  writeFileSync(file, `nameserver ${address}\noptions timeout:1 attempts:1\n`);
  const script = `mount --bind '${file}' /etc/resolv.conf && exec "$@"`;
  const prefix = ['unshare', '--mount', 'sh', '-c', script, 'sh'];
  const remove = (): void => rmSync(directory, { recursive: true, force: true });
  if (spawnSync(prefix[0] ?? '', [...prefix.slice(1), 'true']).status === 0) return { prefix, remove };
  remove();
  return undefined;
}
