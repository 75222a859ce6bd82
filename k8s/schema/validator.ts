import { readdirSync, readFileSync } from 'node:fs';
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

/** The version of Kubernetes of the schema. */
export const schemaVersion = kubernetes.version;

// Formats such as int32 name Go's type of a field; `type` has the same meaning.
const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true, discriminator: false });
ajv.addSchema({ $id: 'kubernetes', definitions: strict(kubernetes.definitions) as Record<string, AnySchemaObject> });

const schemas = new Map<string, AnySchemaObject>();
for (const [name, { 'x-kubernetes-group-version-kind': kinds = [] }] of Object.entries(kubernetes.definitions)) {
  for (const { group, version, kind } of kinds as { group: string; version: string; kind: string }[]) {
    schemas.set(`${group === '' ? '' : `${group}/`}${version} ${kind}`, { $ref: `kubernetes#/definitions/${name}` });
  }
}
for (const file of readdirSync(import.meta.dirname).filter((name) => name.endsWith('.crd.yaml'))) {
  const { spec } = parse(read(file)) as CustomResourceDefinition;
  for (const { name, schema } of spec.versions) {
    const custom = strict(schema.openAPIV3Schema) as { properties: Record<string, unknown> };
    // The schema of a custom resource does not describe its metadata, which every object has.
    custom.properties['metadata'] = { $ref: 'kubernetes#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' };
    schemas.set(`${spec.group}/${name} ${spec.names.kind}`, custom);
  }
}
const validators = new Map<string, ValidateFunction>();

/** The faults of an object, one line each: missing fields, wrong types, unknown fields. */
export function faultsOf(manifest: Manifest): string[] {
  const { apiVersion, kind, metadata } = manifest;
  const key = `${apiVersion} ${kind}`;
  const schema = schemas.get(key);
  if (schema === undefined) return [`${kind} ${metadata.name}: there is no ${key} in the schema`];
  const validate = validators.get(key) ?? ajv.compile(schema);
  validators.set(key, validate);
  if (validate(manifest)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) =>
      `${kind} ${metadata.name}: ${instancePath} ${message ?? 'is invalid'} ${JSON.stringify(params)}`,
  );
}

/**
 * Translates two rules of Kubernetes to JSON Schema: unknown fields are errors, and a value may be an integer or a
 * string.
 */
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

/** Translates Go's flag that ignores case in a whole pattern. */
function ofJavaScript(pattern: string): string {
  return pattern.replace(/^\^\(\?i\)(.*)\$$/, '^(?i:$1)$');
}

function isSchemaOfObject({ type, properties, additionalProperties }: Readonly<Record<string, unknown>>): boolean {
  return (
    type === 'object' && typeof properties === 'object' && properties !== null && additionalProperties === undefined
  );
}
