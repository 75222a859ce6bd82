import { ApiBearerAuth } from '@nestjs/swagger';

/** Under which the API's description tells of bearer tokens. */
export const bearerScheme = 'bearerToken';

/** Says that a controller, or one route, takes a token of the service's configuration. It describes; a guard decides. */
export const NeedsToken = (): ClassDecorator & MethodDecorator => ApiBearerAuth(bearerScheme);
