import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type AnySchemaObject, type ValidateFunction } from 'ajv';
import { parse } from 'yaml';
import type { Manifest } from '../kustomize/manifest.ts';

interface KubernetesSchema {
  readonly version: string;
  readonly definitions: Readonly<Record<string, AnySchemaObject>>;
}

interface CustomResourceDefinition {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly {
      readonly name: string;
      readonly schema: { readonly openAPIV3Schema: AnySchemaObject };
    }[];
  };
}

const read = (file: string): string => readFileSync(join(import.meta.dirname, file), 'utf8');

const kubernetes = JSON.parse(read('kubernetes.json')) as KubernetesSchema;

/** The version of Kubernetes that the schema is of. */
export const schemaVersion = kubernetes.version;

// Formats such as int32 say what the type of a field is in Go; their meaning is in `type` as well.
const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true, discriminator: false });
ajv.addSchema({ $id: 'kubernetes', definitions: strict(kubernetes.definitions) as Record<string, AnySchemaObject> });

const schemas = new Map<string, AnySchemaObject>();
for (const [name, { 'x-kubernetes-group-version-kind': kinds = [] }] of Object.entries(kubernetes.definitions)) {
  for (const { group, version, kind } of kinds as { group: string; version: string; kind: string }[]) {
    schemas.set(`${group === '' ? '' : `${group}/`}${version} ${kind}`, { $ref: `kubernetes#/definitions/${name}` });
  }
}
for (const file of ['servicemonitors.crd.yaml', 'prometheusrules.crd.yaml']) {
  const { spec } = parse(read(file)) as CustomResourceDefinition;
  for (const { name, schema } of spec.versions) {
    const custom = strict(schema.openAPIV3Schema) as { properties: Record<string, unknown> };
    // A custom resource's own schema says nothing of it: the metadata is that of every object.
    custom.properties['metadata'] = { $ref: 'kubernetes#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' };
    schemas.set(`${spec.group}/${name} ${spec.names.kind}`, custom);
  }
}
const validators = new Map<string, ValidateFunction>();

/** What is wrong with an object, a line each: fields that are missing, of another type, or that there are none of. */
export function faultsOf(manifest: Manifest): string[] {
  const { apiVersion, kind, metadata } = manifest;
  const key = `${apiVersion} ${kind}`;
  const schema = schemas.get(key);
  if (schema === undefined) return [`${kind} ${metadata.name}: the schema knows no ${key}`];
  const validate = validators.get(key) ?? ajv.compile(schema);
  validators.set(key, validate);
  if (validate(manifest)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) =>
      `${kind} ${metadata.name}: ${instancePath} ${message ?? 'is wrong'} ${JSON.stringify(params)}`,
  );
}

/** The schema, with two things said in the words of JSON Schema: other fields than these are mistakes, as `kubectl` has it. */
function strict(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => strict(each));
  if (typeof value !== 'object' || value === null) return value;
  const schema = value as Readonly<Record<string, unknown>>;
  if (schema['format'] === 'int-or-string' || schema['x-kubernetes-int-or-string'] === true) {
    return { type: ['integer', 'string'] };
  }
  const inner = Object.fromEntries(
    Object.entries(schema).map(([key, each]) => [
      key,
      key === 'pattern' && typeof each === 'string' ? ofJavaScript(each) : strict(each),
    ]),
  );
  const isClosed = isSchemaOfObject(schema) && schema['x-kubernetes-preserve-unknown-fields'] !== true;
  return isClosed ? { ...inner, additionalProperties: false } : inner;
}

/** Go's way to ignore case for the whole of a pattern. */
function ofJavaScript(pattern: string): string {
  return pattern.replace(/^\^\(\?i\)(.*)\$$/, '^(?i:$1)$');
}

function isSchemaOfObject({ type, properties, additionalProperties }: Readonly<Record<string, unknown>>): boolean {
  return (
    type === 'object' && typeof properties === 'object' && properties !== null && additionalProperties === undefined
  );
}
