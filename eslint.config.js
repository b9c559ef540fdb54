import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

const noDefaultExport = { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' };
const noRecursiveReaddir = {
  selector: 'CallExpression[callee.name=/^readdir(Sync)?$/] Property[key.name="recursive"]',
  message: 'From Node 26 on it follows links to folders, out of the one that is meant.',
};
const TYPESCRIPT = ['**/*.ts', '**/*.mts', '**/*.tsx'];

export default tseslint.config(
  { ignores: ['dist', 'node_modules', 'test/bench/.cache', 'coverage'] },
  ...tseslint.configs.strictTypeChecked.map((config) => ({ ...config, files: TYPESCRIPT })),
  {
    files: TYPESCRIPT,
    languageOptions: {
      parserOptions: { project: ['tsconfig.json'], tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/consistent-type-definitions': 'off',
      'no-restricted-syntax': ['error', noDefaultExport],
    },
  },
  {
    // Of the tests what is none itself: a `describe` is a function as long as all that is in it.
    files: ['src/**/*.{ts,tsx}', 'scripts/*.ts', 'test/{bench,lib}/**/*.ts', 'test/jest/*.mts'],
    ignores: ['**/*.test.ts'],
    rules: {
      'no-console': 'error',
      'no-restricted-syntax': ['error', noDefaultExport, noRecursiveReaddir],
      'max-lines': ['warn', { max: 200, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['warn', { max: 50, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    // Jest takes a default export and nothing else.
    files: ['test/jest/*.mts'],
    rules: { 'no-restricted-syntax': ['error', noRecursiveReaddir] },
  },
  {
    files: ['src/ui/**/*.tsx'],
    plugins: { 'react-hooks': reactHooks },
    rules: reactHooks.configs.recommended.rules,
  },
  { files: ['test/**/*.ts', 'test/**/*.tsx'], rules: { '@typescript-eslint/no-floating-promises': 'error' } },
);
