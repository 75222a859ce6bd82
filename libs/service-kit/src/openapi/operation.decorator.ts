import { applyDecorators } from '@nestjs/common';
import { ApiIncludeEndpoint, ApiOperation } from '@nestjs/swagger';

/**
 * Puts a route into the API's description. A route without it is left out.
 *
 * @param operationId what generated clients call it; unique within a service
 * @param summary one line
 */
export const Operation = (operationId: string, summary: string): MethodDecorator =>
  applyDecorators(ApiIncludeEndpoint(), ApiOperation({ operationId, summary }));
