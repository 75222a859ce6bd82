import fc from 'fast-check';
import type { OpenApiDocument, OperationObject, ParameterObject, PlacedOperation } from '../../openapi/document.ts';
import { oddBody, validBody, type Body } from './any-body.ts';
import { jsonOf, type JsonSchema, type KnownValues } from './json-of-schema.ts';
import { oddHeader, oddText } from './odd-values.ts';
import type { RawRequest } from './raw-request.ts';

/** Values that the description does not have. */
export interface RequestOptions {
  readonly known: KnownValues;
  /** Most requests to operations with a token have it. */
  readonly token?: string;
}

/** Requests to one operation: about a third are valid, the others have one or more odd parts. */
export function anyRequest(described: PlacedOperation, options: RequestOptions): fc.Arbitrary<RawRequest> {
  return fc.oneof(
    { weight: 2, arbitrary: requestOf(described, options, false) },
    { weight: 5, arbitrary: requestOf(described, options, true) },
  );
}

/** Requests to any path with any method. */
export function undescribedRequest(document: OpenApiDocument): fc.Arbitrary<RawRequest> {
  const paths = Object.keys(document.paths);
  const path = fc.oneof(
    fc.constantFrom(...paths),
    fc.tuple(fc.constantFrom(...paths), oddSegment).map(([path, odd]) => `${path}/${odd}`),
    fc.constantFrom(...paths).map((path) => path.toUpperCase()),
    fc.constantFrom('/', '//', '/.', '/..', '/%2e%2e/', '/*', '/?', '/docs/../accounts', '/docs/%2e%2e/package.json'),
    fc.array(oddSegment, { maxLength: 3 }).map((segments) => `/${segments.join('/')}`),
  );
  const method = fc.constantFrom(...anyMethods);
  return fc.record({ method, target: path, headers: oddHeaders });
}

const usualMethods = ['GET', 'PUT', 'POST', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'TRACE'];
/** Some of them are known to Node's parser only. */
const anyMethods = [...usualMethods, 'PROPFIND', 'QUERY', 'PURGE', 'M-SEARCH', 'LOCK'];

function requestOf(
  { method, path, operation }: PlacedOperation,
  { known, token }: RequestOptions,
  isOdd: boolean,
): fc.Arbitrary<RawRequest> {
  const parameters = (operation.parameters ?? []).filter((each): each is ParameterObject => 'in' in each);
  const schema = bodySchemaOf(operation);
  const needsToken = (operation.security ?? []).length > 0;
  const emptyBody: fc.Arbitrary<Body> = fc.constant({ headers: {} });
  const strayBody: fc.Arbitrary<Body> = fc.constantFrom<Body>(
    { headers: {} },
    { headers: {} },
    { headers: { 'content-type': 'application/json' }, body: '{"a":' },
    { headers: { 'content-type': 'text/plain' }, body: 'x' },
  );
  const goodBody = schema ? validBody(schema, known) : emptyBody;
  const oddOrGoodBody = schema ? fc.oneof(goodBody, oddBody(schema, known)) : strayBody;
  return fc
    .record({
      path: pathOf(path, parameters, known, isOdd),
      query: queryOf(parameters, known, isOdd),
      headers: headersOf(parameters, known, isOdd),
      more: isOdd ? oddHeaders : fc.constant({}),
      authorization: authorizationOf(needsToken ? token : undefined, isOdd),
      body: isOdd ? oddOrGoodBody : goodBody,
    })
    .map(({ path, query, headers, more, authorization, body }) => ({
      ...body,
      method: method.toUpperCase(),
      target: path + query,
      headers: { ...more, ...authorization, ...headers, ...body.headers },
    }));
}

const bodySchemaOf = ({ requestBody }: OperationObject): JsonSchema | undefined =>
  requestBody && 'content' in requestBody
    ? (requestBody.content['application/json']?.schema as JsonSchema | undefined)
    : undefined;

const encoded = (text: string): string => encodeURIComponent(text.toWellFormed());

/** One segment of a path, encoded correctly or not. */
const oddSegment: fc.Arbitrary<string> = fc.oneof(
  oddText.map(encoded),
  fc.constantFrom('%', '%2', '%zz', '%00', '%2F', '%2e%2e%2f', '..', '.', '%ff', '%c0%af', '%ud800', '+', '*', ';a=b'),
  fc.constantFrom('a'.repeat(5_000), '%41'.repeat(100)),
);

function pathOf(
  template: string,
  parameters: readonly ParameterObject[],
  known: KnownValues,
  isOdd: boolean,
): fc.Arbitrary<string> {
  const names = [...template.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const good = (name: string) =>
    jsonOf(schemaOf(parameters.find((each) => each.in === 'path' && each.name === name)), known, name).map((value) =>
      encoded(String(value)),
    );
  return fc
    .tuple(...names.map((name) => (isOdd ? fc.oneof(good(name), good(name), oddSegment) : good(name))))
    .map((values) =>
      names.reduce((path, name, index) => path.replace(`{${name}}`, () => values[index] ?? ''), template),
    );
}

function queryOf(parameters: readonly ParameterObject[], known: KnownValues, isOdd: boolean): fc.Arbitrary<string> {
  const inQuery = parameters.filter((each) => each.in === 'query');
  const good = fc
    .record(Object.fromEntries(inQuery.map((each) => [each.name, jsonOf(schemaOf(each), known, each.name)])), {
      requiredKeys: inQuery.filter(({ required }) => required).map(({ name }) => name),
    })
    .map((values) => Object.entries(values).map(([name, value]) => `${encoded(name)}=${encoded(String(value))}`));
  if (!isOdd) return good.map(asQuery);
  const names = fc.oneof(...(inQuery.length > 0 ? [fc.constantFrom(...inQuery.map(({ name }) => name))] : []), oddText);
  const odd = fc.oneof(
    fc.tuple(names, oddText).map(([name, value]) => `${encoded(name)}=${encoded(value)}`),
    fc.tuple(names, oddSegment).map(([name, value]) => `${encoded(name)}[]=${value}`),
    fc.constantFrom('&&', '=', '%', 'a[b][c]=1', '__proto__[x]=1', '?', 'limit=1&limit=2', 'cursor=%00'),
  );
  return fc.tuple(good, fc.array(odd, { maxLength: 2 })).map(([given, odd]) => asQuery([...given, ...odd]));
}

const asQuery = (parts: readonly string[]): string => (parts.length === 0 ? '' : `?${parts.join('&')}`);

function headersOf(
  parameters: readonly ParameterObject[],
  known: KnownValues,
  isOdd: boolean,
): fc.Arbitrary<Record<string, string>> {
  const inHeader = parameters.filter((each) => each.in === 'header');
  const value = (each: ParameterObject) => {
    const good = jsonOf(schemaOf(each), known, each.name).map(String);
    const oneLine = good.filter((text) => /^[\x21-\x7e]*$/.test(text));
    return isOdd ? fc.oneof(oneLine, oddHeader) : oneLine;
  };
  return fc.record(Object.fromEntries(inHeader.map((each) => [each.name.toLowerCase(), value(each)])), {
    requiredKeys: isOdd ? [] : inHeader.filter(({ required }) => required).map(({ name }) => name.toLowerCase()),
  });
}

/**
 * Headers for every operation. Deadlines are invalid ones only: a short one would get 504.
 */
const oddHeaders: fc.Arbitrary<Record<string, string>> = fc.record(
  {
    traceparent: oddHeader,
    tracestate: oddHeader,
    'x-request-id': oddHeader,
    'x-request-timeout-ms': fc.constantFrom('', '-1', 'abc', '1e3', '0x10', '5000.5', '99999999999999999999', 'NaN'),
    accept: fc.constantFrom('text/html', 'image/png', '*/*;q=0', ''),
    'accept-encoding': fc.constantFrom('gzip', 'br', 'identity;q=0'),
    'content-encoding': fc.constantFrom('gzip', 'identity'),
    cookie: oddHeader,
    range: fc.constantFrom('bytes=0-1', 'bytes=-'),
    origin: oddHeader,
    'x-forwarded-for': oddHeader,
    'x-http-method-override': fc.constantFrom('DELETE', 'PUT'),
    'if-modified-since': oddHeader,
  },
  { requiredKeys: [] },
);

function authorizationOf(token: string | undefined, isOdd: boolean): fc.Arbitrary<Record<string, string>> {
  if (token === undefined) return fc.constant({});
  const good = fc.constant({ authorization: `Bearer ${token}` });
  if (!isOdd) return good;
  const odd = oddHeader.map((authorization): Record<string, string> => ({ authorization }));
  return fc.oneof(
    { weight: 4, arbitrary: good },
    { weight: 1, arbitrary: odd },
    { weight: 1, arbitrary: fc.constant({}) },
  );
}

const schemaOf = (parameter: ParameterObject | undefined): JsonSchema => (parameter?.schema ?? {}) as JsonSchema;
