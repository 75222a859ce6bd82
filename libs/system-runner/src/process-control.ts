import { type ProcessAction, processActions, type ReplicaProcess } from '@breakwater/contracts/processes';
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { listen } from './ports.ts';
import type { ServiceReplica } from './service-replica.ts';

/** The part of a replica that can be controlled. */
export type ControlledReplica = Pick<ServiceReplica, 'name' | 'state' | 'crash' | 'freeze' | 'thaw'>;

export interface ProcessControlOptions {
  readonly replicas: () => readonly ControlledReplica[];
  /** Required for every change, as `Authorization: Bearer …`. */
  readonly token: string;
  /** Called before a replica is killed or frozen. */
  readonly onDisturbance: () => void;
}

interface Reply {
  readonly status: number;
  readonly body: object;
}

/**
 * An HTTP endpoint on loopback by which other processes of this machine kill and freeze the replicas that this program has started.
 *
 * - `GET /replicas` lists the replicas with the states of their processes.
 * - `POST /replicas/{name}/{kill|freeze|continue}` changes one.
 */
export class ProcessControl {
  readonly url: string;
  readonly #server: Server;

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
  }

  static async start(options: ProcessControlOptions): Promise<ProcessControl> {
    const server = createServer((request, response) => {
      const { status, body } = replyTo(request, options);
      const headers = {
        'content-type': status < 400 ? 'application/json' : 'application/problem+json',
        ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
      };
      // Nothing reads a body of a request.
      request.resume();
      response.writeHead(status, headers).end(JSON.stringify(body));
    });
    const url = await listen(server);
    // It does not keep this program alive.
    server.unref();
    return new ProcessControl(server, url);
  }

  async stop(): Promise<void> {
    this.kill();
  }

  kill(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

function replyTo(request: IncomingMessage, { replicas, token, onDisturbance }: ProcessControlOptions): Reply {
  const refuse = (status: number, title: string, detail: string): Reply => ({
    status,
    body: { status, title, detail },
  });
  const processes = (): readonly ReplicaProcess[] => replicas().map(({ name, state }) => ({ name, state }));
  const { method, url = '', headers } = request;

  if (method === 'GET' && url === '/replicas') return { status: 200, body: { replicas: processes() } };

  const [, name, given] = /^\/replicas\/([\w.-]+)\/(\w+)$/.exec(url) ?? [];
  const action = processActions.find((each) => each === given);
  if (action === undefined) {
    const paths = `GET /replicas and POST /replicas/{name}/{${processActions.join('|')}}`;
    return refuse(404, 'Not Found', `There is nothing at this path. There are ${paths}.`);
  }
  if (method !== 'POST') return refuse(405, 'Method Not Allowed', 'Send a POST.');
  if (!hasToken(headers.authorization, token)) {
    return refuse(401, 'Unauthorized', "Send the token for customer's faults as Authorization: Bearer …");
  }
  const replica = replicas().find((each) => each.name === name);
  if (replica === undefined) {
    const names = processes().map((each) => each.name);
    return refuse(404, 'Not Found', `There is no replica ${name}. There are ${names.join(', ')}.`);
  }
  if (action !== 'kill' && process.platform === 'win32') {
    return refuse(501, 'Not Implemented', 'Windows cannot freeze a process.');
  }
  // A process that is frozen while it starts would be taken for one that cannot start.
  if (replica.state === 'starting') return refuse(409, 'Conflict', `${name} is starting. Wait until it is ready.`);
  if (action !== 'continue') onDisturbance();
  change[action](replica);
  return { status: 200, body: { replicas: processes() } };
}

const change: Readonly<Record<ProcessAction, (replica: ControlledReplica) => void>> = {
  kill: (replica) => replica.crash(),
  freeze: (replica) => replica.freeze(),
  continue: (replica) => replica.thaw(),
};

/** Compares digests: they have one length, and the comparison takes the same time wherever they differ. */
function hasToken(authorization: string | undefined, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  const [, given = ''] = /^Bearer +(\S+)$/i.exec(authorization ?? '') ?? [];
  return timingSafeEqual(digest(given), digest(token));
}
