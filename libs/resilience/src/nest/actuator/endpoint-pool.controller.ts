import {
  Body,
  Controller,
  HttpCode,
  Inject,
  Logger,
  NotFoundException,
  Param,
  Post,
  UseGuards,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import type { EndpointPool } from '../../core/endpoint-pool/endpoint-pool.ts';
import type { EndpointState } from '../../core/endpoint-pool/pooled-endpoint.ts';
import { registryToken } from '../../core/policies.ts';
import { Application } from './application.ts';
import { TokenGuard } from './token.guard.ts';
import { requestedUpdate } from './update-state.ts';

/** `POST endpointpools/:name/:endpoint`. */
export interface EndpointUpdateStateResponse {
  readonly endpointPoolName: string;
  readonly endpoint: string;
  readonly currentState: EndpointState;
  readonly message: string;
}

const updates: Readonly<Record<string, (pool: EndpointPool, endpoint: string) => void>> = {
  EJECT: (pool, endpoint) => pool.eject(endpoint),
  RESTORE: (pool, endpoint) => pool.restore(endpoint),
};

/** Ejects and restores endpoints by hand. */
@Controller({ version: VERSION_NEUTRAL })
export class EndpointPoolController {
  readonly #application: Application;
  readonly #logger = new Logger('ResilienceActuator');

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  /** The body is that of `POST circuitbreakers/:name`, with other values of `updateState`. */
  @Post('endpointpools/:name/:endpoint')
  @HttpCode(200)
  @UseGuards(TokenGuard)
  update(
    @Param('name') name: string,
    @Param('endpoint') endpoint: string,
    @Body() body: unknown,
  ): EndpointUpdateStateResponse {
    const pool = this.#find(name);
    const before = this.#stateOf(pool, endpoint);
    const [wanted, update] = requestedUpdate(body, updates);
    this.#logger.warn(
      `Requested update of endpoint ${endpoint} of EndpointPool '${name}': ${wanted}. It was ${before}.`,
    );
    update(pool, endpoint);
    const message = `${endpoint} state has been changed successfully`;
    return { endpointPoolName: name, endpoint, currentState: this.#stateOf(pool, endpoint), message };
  }

  #find(name: string): EndpointPool {
    const registry = this.#application.find(registryToken('endpointPool'));
    const found = registry?.find(name);
    if (found !== undefined) return found;
    const known = registry?.all().map((pool) => pool.name) ?? [];
    const list = known.length === 0 ? 'none' : known.join(', ');
    throw new NotFoundException(`There is no endpoint pool named ${name}. Existing endpoint pools: ${list}.`);
  }

  #stateOf(pool: EndpointPool, endpoint: string): EndpointState {
    const { endpoints } = pool;
    const found = endpoints.find((each) => each.name === endpoint);
    if (found !== undefined) return found.state;
    const known = endpoints.map((each) => each.name).join(', ');
    throw new NotFoundException(`EndpointPool '${pool.name}' has no endpoint ${endpoint}. Its endpoints: ${known}.`);
  }
}
