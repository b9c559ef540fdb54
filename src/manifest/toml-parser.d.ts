/** The part of @iarna/toml's parser that `parse.ts` builds on; the package's own types cover only `parse`. */
declare module '@iarna/toml/lib/toml-parser.js' {
  class TomlParser {
    /** Where it stands. `line` is 0-based; `col` counts UTF-16 units, from 1 on the first line and from 0 on others. */
    readonly line: number;
    readonly col: number;
    parse(text: string): void;
    finish(): unknown;
    protected parseValue(): unknown;
    protected recordAssignKeyword(key: string): unknown;
    protected parseTableMore(key: string): unknown;
    protected parseListMore(key: string): unknown;
  }
  export = TomlParser;
}
