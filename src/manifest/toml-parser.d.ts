/** The part of @iarna/toml's parser that `parse.ts` builds on; the package's own types cover only `parse`. */
declare module '@iarna/toml/lib/toml-parser.js' {
  class TomlParser {
    /** Where it stands. `line` is 0-based; `col` counts UTF-16 units, from 1 on the first line and from 0 on others. */
    readonly line: number;
    readonly col: number;
    /** Index of the character it stands at; the text's length at its end. */
    readonly ii: number;
    parse(text: string): void;
    finish(): unknown;
    protected parseValue(): unknown;
    protected recordAssignValue(value: unknown): unknown;
    protected recordInlineListValue(value: unknown): unknown;
    protected recordAssignKeyword(key: string): unknown;
    protected parseTableMore(key: string): unknown;
    protected parseListMore(key: string): unknown;
  }
  export = TomlParser;
}
