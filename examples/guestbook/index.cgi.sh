# The whole guestbook. GET shows the entries, POST adds one: name=…&message=…
#
# $STATE_DIRECTORY/entries has a line per entry: time, name, message, with tabs
# between them, as the visitor wrote them. They are escaped when they are shown.
entries=${STATE_DIRECTORY:?}/entries
most=4096

# One value of a form: "+" is a space, %41 is "A".
decode() {
  local s=${1//+/ }
  s=${s//\\/\\\\}
  printf '%b' "${s//%/\\x}" | tr '\t\r\n' '   '
}

escape() {
  sed -e 's/&/\&amp;/g' -e 's/</\&lt;/g' -e 's/>/\&gt;/g' -e 's/"/\&quot;/g'
}

respond() { # STATUS CONTENT-TYPE [HEADER]
  printf 'Status: %s\r\nContent-Type: %s\r\n%s\r\n' "$1" "$2; charset=utf-8" "${3:-}"
}

sign() {
  local body field name="" message=""
  if [ "${CONTENT_LENGTH:-0}" -gt "$most" ]; then
    respond "413 Payload Too Large" text/plain
    echo "An entry has at most $most bytes."
    return
  fi
  body=$(head -c "${CONTENT_LENGTH:-0}")
  while IFS= read -r -d '&' field; do
    case $field in
      name=*) name=$(decode "${field#*=}") ;;
      message=*) message=$(decode "${field#*=}") ;;
    esac
  done <<<"$body&"
  if [ -n "$message" ]; then
    printf '%s\t%s\t%s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "${name:-anonymous}" "$message" >>"$entries"
  fi
  respond "303 See Other" text/plain $'Location: /\r\n'
}

show() {
  respond "200 OK" text/html
  cat <<'PAGE'
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>guestbook</title>
<style>
  body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 36rem; margin: 4rem auto; padding: 0 1rem; }
  input, textarea, button { font: inherit; display: block; width: 100%; box-sizing: border-box; margin: 0.3rem 0; }
  time { color: #888; font-size: 0.8em; }
</style>
<h1>Guestbook</h1>
<form method="post" action="/">
  <input name="name" placeholder="Your name" maxlength="80">
  <textarea name="message" placeholder="What you want to say" maxlength="1000" required></textarea>
  <button>Sign</button>
</form>
PAGE
  # The newest first.
  if [ -s "$entries" ]; then
    tac "$entries" | escape | sed -E 's|^([^\t]*)\t([^\t]*)\t(.*)$|<p><b>\2</b> <time>\1</time><br>\3|'
  else
    echo "<p>Nobody has signed yet."
  fi
  echo "</html>"
}

case ${REQUEST_METHOD:-GET} in
  POST) sign ;;
  *) show ;;
esac
