rec {
  inherit (builtins)
    head tail length elem elemAt filter map concatLists concatMap foldl' genList
    all any sort partition groupBy;

  singleton = x: [ x ];
  optional = condition: x: if condition then [ x ] else [ ];
  optionals = condition: xs: if condition then xs else [ ];
  toList = x: if builtins.isList x then x else [ x ];
  foldl = foldl';
  foldr = op: nul: xs:
    let
      n = length xs;
      go = i: if i == n then nul else op (elemAt xs i) (go (i + 1));
    in
    go 0;
  fold = foldr;
  forEach = xs: f: map f xs;
  imap0 = f: xs: genList (i: f i (elemAt xs i)) (length xs);
  imap1 = f: xs: genList (i: f (i + 1) (elemAt xs i)) (length xs);
  range = first: last: if first > last then [ ] else genList (i: first + i) (last - first + 1);
  replicate = n: x: genList (_: x) n;
  reverseList = xs: let n = length xs; in genList (i: elemAt xs (n - i - 1)) n;
  last = xs: elemAt xs (length xs - 1);
  init = xs: genList (elemAt xs) (length xs - 1);
  take = n: xs: genList (elemAt xs) (if n < length xs then n else length xs);
  drop = n: xs:
    let rest = length xs - n; in
    genList (i: elemAt xs (i + n)) (if rest > 0 then rest else 0);
  remove = e: filter (x: x != e);
  subtractLists = unwanted: filter (x: !(elem x unwanted));
  intersectLists = xs: filter (x: elem x xs);
  flatten = x: if builtins.isList x then concatMap flatten x else [ x ];
  unique = foldl' (acc: x: if elem x acc then acc else acc ++ [ x ]) [ ];
  count = pred: foldl' (n: x: if pred x then n + 1 else n) 0;
  findFirst = pred: default: xs:
    let found = filter pred xs; in
    if found == [ ] then default else head found;
  zipListsWith = f: a: b:
    genList (i: f (elemAt a i) (elemAt b i))
      (if length a < length b then length a else length b);
  zipLists = zipListsWith (fst: snd: { inherit fst snd; });
  naturalSort = sort (a: b: a < b);
  sortOn = key: sort (a: b: key a < key b);
}
