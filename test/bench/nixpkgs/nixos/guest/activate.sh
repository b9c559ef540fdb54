#!@busybox@/bin/sh
# Makes the running container match this toplevel, without touching services.
# Called by init (as `activate boot`) and by switch-to-configuration; running
# it again changes nothing.
export PATH=@busybox@/bin:/usr/sbin:/usr/bin
system=$(dirname "$(readlink -f "$0")")
status=0
umask 022

# A link, replaced in one step: there is no moment without it.
point() { # LINK TARGET
  [ "$(readlink "$1")" = "$2" ] && return
  ln -sfn "$2" "$1.stand-in" && mv -f -T "$1.stand-in" "$1"
}

# --- the userland. A root that brings its own directories keeps them.
for dir in @links@; do
  if [ -L /$dir ] || [ ! -e /$dir ]; then point /$dir "@userland@/$dir"; fi
done

# --- /etc: links into /etc/static, which is this toplevel's etc, and copies
# where a mode is asked for. What an older toplevel put there and this one does
# not have goes away.
if [ "@marker@" = true ]; then : > /etc/NIXOS; else rm -f /etc/NIXOS; fi
point /etc/static "$system/etc"
tab=$(printf '\t')
while IFS="$tab" read -r target mode user group; do
  [ -n "$target" ] || continue
  path=/etc/$target
  case $target in */*) mkdir -p "${path%/*}" ;; esac
  if [ -d "$path" ] && [ ! -L "$path" ]; then rm -rf "$path"; fi
  if [ "$mode" = symlink ]; then
    point "$path" "/etc/static/$target"
  else
    cp -L "/etc/static/$target" "$path.stand-in" && chmod "$mode" "$path.stand-in" \
      && chown "$user:$group" "$path.stand-in" && mv -f -T "$path.stand-in" "$path"
  fi || { echo "stand-in: cannot set $path" >&2; status=1; }
done < "$system/etc-files"
mkdir -p /var/lib/nixos
if [ -e /var/lib/nixos/etc-files ] && ! cmp -s /var/lib/nixos/etc-files "$system/etc-files"; then
  cut -f1 "$system/etc-files" > /run/etc-now
  cut -f1 /var/lib/nixos/etc-files | grep -Fxv -f /run/etc-now | while read -r target; do
    [ -n "$target" ] || continue
    rm -f "/etc/$target"
    case $target in */*) rmdir "/etc/${target%/*}" 2>/dev/null ;; esac
  done
fi
cp "$system/etc-files" /var/lib/nixos/etc-files

# --- users and groups. An id, once given, is kept for that name for ever, also
# when the user goes: its files must not become somebody else's.
next_id() { # FILE(passwd|group) NAME WANTED FIRST
  map=/var/lib/nixos/$1-ids
  touch "$map"
  id=$(grep "^$2:" "/etc/$1" | cut -d: -f3)
  [ -n "$id" ] || id=$3
  [ -n "$id" ] || id=$(sed -n "s/^$2 //p" "$map")
  if [ -z "$id" ]; then
    id=$4
    while grep -q "^[^:]*:[^:]*:$id:" "/etc/$1" || grep -q " $id\$" "$map"; do id=$((id + 1)); done
  fi
  grep -q "^$2 " "$map" || echo "$2 $id" >> "$map"
  echo "$id"
}
# Written to the same file, so that its mode stays (shadow is not for everybody).
drop() { # FILE NAME
  rest=$(grep -v "^$2:" "/etc/$1")
  printf '%s\n' "$rest" > "/etc/$1"
}
put() { # FILE NAME LINE
  grep -Fxq "$3" "/etc/$1" && return
  drop "$1" "$2"
  printf '%s\n' "$3" >> "/etc/$1"
}
gone() { # LIST: names that the last toplevel had and this one has not
  cut -d'|' -f1 "$system/$1" > /run/names-now
  [ -e "/var/lib/nixos/$1" ] && cut -d'|' -f1 "/var/lib/nixos/$1" | grep -Fxv -f /run/names-now
}

for name in $(gone groups); do drop group "$name"; done
while IFS='|' read -r name gid members; do
  [ -n "$name" ] || continue
  put group "$name" "$name:x:$(next_id group "$name" "$gid" 400):$members"
done < "$system/groups"

for name in $(gone users); do drop passwd "$name"; drop shadow "$name"; done
while IFS='|' read -r name uid group home shell create mode normal description; do
  [ -n "$name" ] || continue
  first=400; [ -z "$normal" ] || first=1000
  uid=$(next_id passwd "$name" "$uid" "$first")
  gid=$(grep "^$group:" /etc/group | cut -d: -f3)
  put passwd "$name" "$name:x:$uid:${gid:-65534}:$description:$home:$shell"
  grep -q "^$name:" /etc/shadow || echo "$name:!:1::::::" >> /etc/shadow
  if [ -n "$create" ] && [ ! -e "$home" ]; then
    mkdir -p "$home" && chown "$uid:${gid:-65534}" "$home" && chmod "$mode" "$home"
  fi
done < "$system/users"
cp "$system/users" "$system/groups" /var/lib/nixos/

# --- the rest
if [ -e /etc/static/hostname ] && [ "$(cat /etc/static/hostname)" != "$(hostname)" ]; then
  hostname "$(cat /etc/static/hostname)"
fi
rm -f /run/stand-in-snippets
"$system/snippets" "$system" || status=1
[ -e /run/stand-in-snippets ] || exit 1

point /run/current-system "$system"
exit $status
