import { existsSync } from 'node:fs';
import path from 'node:path';

/** What the rule reads of an import or export declaration. */
interface ModuleReference {
  readonly source: { readonly value: unknown } | null;
}

interface RuleContext {
  readonly filename: string;
  report(problem: { readonly node: object; readonly message: string }): void;
}

/**
 * Reports relative imports that leave their package. The package manifest shows no such dependency, so neither npm, Nx nor the
 * other lint rules see it; an entry in `exports` makes it visible.
 */
const noRelativeImportAcrossPackages = {
  create(context: RuleContext) {
    const folder = path.dirname(context.filename);
    const own = packageFolder(folder);
    const check = (node: ModuleReference): void => {
      const target = node.source?.value;
      if (typeof target !== 'string' || !target.startsWith('..')) return;
      if (packageFolder(path.dirname(path.resolve(folder, target))) === own) return;
      context.report({
        node,
        message: `'${target}' leaves the package ${path.basename(own)}: import an entry of the other package by its name.`,
      });
    };
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
      TSImportType: check,
    };
  },
};

/** The nearest folder upwards that has a package.json. */
function packageFolder(folder: string): string {
  return existsSync(path.join(folder, 'package.json')) ? folder : packageFolder(path.dirname(folder));
}

export default {
  meta: { name: 'workspace' },
  rules: { 'no-relative-import-across-packages': noRelativeImportAcrossPackages },
};
