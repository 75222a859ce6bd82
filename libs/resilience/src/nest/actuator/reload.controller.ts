import {
  Controller,
  HttpCode,
  Inject,
  NotFoundException,
  Post,
  UnprocessableEntityException,
  UseGuards,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import { ResilienceError } from '../../core/errors.ts';
import { changeResponse, type InstanceChangeResponse } from '../reload/change.response.ts';
import { ResilienceReloader } from '../reload/resilience-reloader.ts';
import { Application } from './application.ts';
import { TokenGuard } from './token.guard.ts';

/** The result of a reload. */
export interface ReloadResponse {
  readonly changes: readonly InstanceChangeResponse[];
  /** Configuration that has no effect, or none before the next start. */
  readonly warnings: readonly string[];
}

/** Reloads the configuration. */
@Controller({ version: VERSION_NEUTRAL })
@UseGuards(TokenGuard)
export class ReloadController {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  @Post('resilience/reload')
  @HttpCode(200)
  async reload(): Promise<ReloadResponse> {
    const reloader = this.#application.find(ResilienceReloader);
    if (reloader === undefined) throw new NotFoundException('This application does not import ResilienceReloadModule.');
    try {
      const { changes, warnings } = await reloader.reload();
      return {
        changes: changes.map((change) => ({ ...change, changes: change.changes.map((each) => changeResponse(each)) })),
        warnings,
      };
    } catch (error) {
      if (error instanceof ResilienceError) throw new UnprocessableEntityException(error.message);
      throw error;
    }
  }
}
