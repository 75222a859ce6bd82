import type { INestApplication } from '@nestjs/common';
import { SwaggerModule } from '@nestjs/swagger';
import { API_INFO, describeApi, type ApiInfo } from './describe-api.ts';

/** Where the description is read by programs, and where by people. */
export const descriptionPath = '/openapi.json';
export const docsPath = '/docs';

/** The page for people, and all that it loads. */
export const isDocs = (path: string): boolean => path === docsPath || path.startsWith(`${docsPath}/`);

/**
 * Serves the API's description: `GET /openapi.json`, and a page to read and try it on, `GET /docs`. The page loads nothing
 * from elsewhere, and by relative URLs alone. Both are made when they are first asked for.
 */
export function serveApiDescription(app: INestApplication): void {
  SwaggerModule.setup(docsPath, app, () => describeApi(app), {
    jsonDocumentUrl: descriptionPath,
    raw: ['json'],
    customSiteTitle: app.get<ApiInfo>(API_INFO).title,
    // The validator's badge would be a request to a stranger's server.
    swaggerOptions: { validatorUrl: null },
  });
}
