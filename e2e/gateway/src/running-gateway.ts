import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chooseGateway, freePort, SupervisedProcess, urlOf } from '@breakwater/system-runner';
import { type GatewayValues, hasNginx } from './nginx.ts';

/** nginx, or the gateway in Node that replaces it. */
export type GatewayKind = 'nginx' | 'node';

/** The kinds that run on this machine. */
export const gatewayKinds: readonly GatewayKind[] = hasNginx ? ['nginx', 'node'] : ['node'];

/** A response as it came. */
export interface RawResponse {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** A running gateway. */
export class RunningGateway {
  readonly url: string;
  readonly #port: number;
  readonly #directory: string;
  readonly #process: SupervisedProcess;

  private constructor(port: number, directory: string, running: SupervisedProcess) {
    this.url = urlOf(port);
    this.#port = port;
    this.#directory = directory;
    this.#process = running;
  }

  /** Starts a gateway in front of replicas, with generous limits unless `values` replaces them. */
  static async start(
    kind: GatewayKind,
    replicaPorts: readonly number[],
    values: GatewayValues = {},
  ): Promise<RunningGateway> {
    const port = await freePort();
    const directory = mkdtempSync(path.join(tmpdir(), 'breakwater-gateway-'));
    const spec = chooseGateway(kind).prepare({
      port,
      accountPorts: replicaPorts,
      runDirectory: directory,
      logFile: path.join(directory, 'access.log'),
      values: {
        GATEWAY_RATE_LIMIT: '10000r/s',
        GATEWAY_RATE_BURST: '10000',
        GATEWAY_HIDDEN_PATHS: 'metrics|actuator|health|faults|experiments',
        ...values,
      },
    });
    const running = new SupervisedProcess({ ...spec, errorFile: path.join(directory, 'error.log') });
    const gateway = new RunningGateway(port, directory, running);
    await running.ready(AbortSignal.timeout(60_000), 20);
    return gateway;
  }

  /** The socket of nginx's status. */
  get statusSocket(): string {
    return path.join(this.#directory, 'status.sock');
  }

  /** The access log so far. @throws SyntaxError when a line is not JSON */
  get accessLog(): Record<string, unknown>[] {
    return readFileSync(this.#process.logFile, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** The error log so far. */
  get errorLog(): string {
    return readFileSync(path.join(this.#directory, 'error.log'), 'utf8');
  }

  /** Sends bytes, each character one, and reads a response with a body. HEAD and others: until the connection is closed. */
  send(request: string): Promise<RawResponse> {
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      const socket = connect(this.#port, '127.0.0.1', () => socket.write(Buffer.from(request, 'latin1')));
      socket.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        const { headers, body } = parseResponse(Buffer.concat(chunks).toString('latin1'));
        if (body.length > 0 && body.length === Number(headers.get('content-length'))) socket.destroy();
      });
      socket.on('error', reject);
      socket.on('close', () => resolve(parseResponse(Buffer.concat(chunks).toString('latin1'))));
    });
  }

  /** Reloads the configuration of nginx. */
  reload(): void {
    this.#process.signal('SIGHUP');
  }

  async stop(): Promise<void> {
    await this.#process.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

function parseResponse(text: string): RawResponse {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [statusLine = '', ...lines] = head.split('\r\n');
  const headers = lines.map((line) => /^([^:]+): ?(.*)$/.exec(line) ?? []);
  return {
    status: Number(statusLine.split(' ')[1]),
    headers: new Map(headers.map(([, name = '', value = '']) => [name.toLowerCase(), value])),
    body: rest.join('\r\n\r\n'),
  };
}
