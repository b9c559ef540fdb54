/** Whole strings, comments, and all else. */
const PIECE =
  /#[^\n]*|"""(?:\\[^]|(?!""")[^\\])*"{3,5}|'''(?:(?!''')[^])*'{3,5}|"(?:\\.|[^"\\\n])*"(?!")|'[^'\n]*'(?!')|""(?!")|''(?!')|[^#"']+/y;

export type Piece = { readonly index: number; readonly text: string };

/** A text in pieces, up to a string that does not end. */
export function* piecesOf(source: string): Generator<Piece> {
  const piece = new RegExp(PIECE);
  for (let found = piece.exec(source); found; found = piece.exec(source))
    yield { index: found.index, text: found[0] };
}

/** Where the string begins that does not end; the end of the text where each does. */
export function openString(source: string): number {
  let at = 0;
  for (const { index, text } of piecesOf(source)) at = index + text.length;
  return at;
}
