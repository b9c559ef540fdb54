lib:
let
  inherit (builtins)
    stringLength substring replaceStrings concatStringsSep match split filter
    isString genList elemAt length;
  lowers = splitChars "abcdefghijklmnopqrstuvwxyz";
  uppers = splitChars "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  splitChars = s: genList (i: substring i 1 s) (stringLength s);
in
rec {
  inherit (builtins)
    stringLength substring replaceStrings concatStringsSep toJSON fromJSON
    compareVersions splitVersion isString match split readFile;

  stringToCharacters = splitChars;
  concatStrings = concatStringsSep "";
  concatMapStrings = f: xs: concatStrings (map f xs);
  concatMapStringsSep = sep: f: xs: concatStringsSep sep (map f xs);
  concatLines = concatMapStrings (line: line + "\n");
  concatImapStringsSep = sep: f: xs: concatStringsSep sep (lib.imap1 f xs);
  concatMapAttrsStringSep = sep: f: set: concatStringsSep sep (lib.mapAttrsToList f set);
  intersperse = sep: xs: lib.init (lib.concatMap (x: [ x sep ]) xs);
  optionalString = condition: s: if condition then s else "";
  join = concatStringsSep;

  hasPrefix = prefix: s: substring 0 (stringLength prefix) s == prefix;
  hasSuffix = suffix: s:
    let start = stringLength s - stringLength suffix; in
    start >= 0 && substring start (-1) s == suffix;
  hasInfix = infix: s: length (splitString infix s) > 1;
  removePrefix = prefix: s:
    if hasPrefix prefix s then substring (stringLength prefix) (-1) s else s;
  removeSuffix = suffix: s:
    if hasSuffix suffix s then substring 0 (stringLength s - stringLength suffix) s else s;
  # `split` takes a regular expression: each special character is escaped.
  splitString = sep: s: filter isString (split (escapeRegex sep) s);
  escape = chars: replaceStrings chars (map (c: "\\" + c) chars);
  escapeRegex = escape (splitChars "\\[{()^$?*+|.");
  trim = s:
    let m = match "[[:space:]]*(.*[^[:space:]])[[:space:]]*" s; in
    if m == null then "" else elemAt m 0;
  toLower = replaceStrings uppers lowers;
  toUpper = replaceStrings lowers uppers;
  fixedWidthString = width: fill: s:
    if stringLength s >= width then s else fixedWidthString width fill (fill + s);

  escapeShellArg = arg:
    let s = toString arg; in
    if match "[[:alnum:],._+:@%/-]+" s != null then s
    else "'${replaceStrings [ "'" ] [ "'\\''" ] s}'";
  escapeShellArgs = concatMapStringsSep " " escapeShellArg;
  toShellVar = name: value: "${name}=${escapeShellArg value}";
  toShellVars = set: concatStringsSep "\n" (lib.mapAttrsToList toShellVar set);
  escapeXML = replaceStrings [ "&" "<" ">" "'" "\"" ] [ "&amp;" "&lt;" "&gt;" "&apos;" "&quot;" ];

  toInt = s:
    let
      clean = match "[[:space:]]*(-?)0*([0-9]+)[[:space:]]*" s;
      n = builtins.fromJSON (elemAt clean 1);
    in
    if clean == null then throw "toInt: Could not convert ${toJSON s} to int."
    else if elemAt clean 0 == "-" then 0 - n else n;
  toIntBase10 = toInt;
  isStringLike = v: isString v || builtins.isPath v || v ? outPath || v ? __toString;
  isConvertibleWithToString = v:
    v == null || builtins.isInt v || builtins.isFloat v || builtins.isBool v || isStringLike v
    || (builtins.isList v && builtins.all isConvertibleWithToString v);
  isStorePath = v:
    isStringLike v && match "${escapeRegex builtins.storeDir}/[0-9a-z]{32}-[^/]+" (toString v) != null;

  versionOlder = a: b: builtins.compareVersions b a == 1;
  versionAtLeast = a: b: !versionOlder a b;
  getName = p: p.pname or (builtins.parseDrvName (p.name or p)).name;
  getVersion = p: p.version or (builtins.parseDrvName (p.name or p)).version;
  fileContents = file: removeSuffix "\n" (builtins.readFile file);

  # Any text as a store name: whatever is not allowed there becomes "-".
  sanitizeDerivationName = name:
    concatMapStrings (part: if isString part then part else "-") (split "[^[:alnum:]+._?=-]+" name);

  makeSearchPath = sub: paths:
    concatMapStringsSep ":" (p: "${p}/${sub}") (filter (p: p != null) paths);
  makeBinPath = paths: makeSearchPath "bin" (map lib.getBin paths);
  makeLibraryPath = paths: makeSearchPath "lib" (map lib.getLib paths);
  isValidPosixName = name: match "[a-zA-Z_][a-zA-Z0-9_]*" name != null;
}
