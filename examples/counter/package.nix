{ coreutils, writeShellApplication }:
writeShellApplication {
  name = "counter";
  runtimeInputs = [ coreutils ];
  text = ''
    # The count goes on where the last run stopped.
    file=''${STATE_DIRECTORY:-.}/count
    count=0
    if [ -e "$file" ]; then
      count=$(cat "$file")
    fi
    while true; do
      count=$((count + 1))
      echo "$count" > "$file.new"
      mv "$file.new" "$file"
      echo "counted $count"
      sleep "''${INTERVAL:-5}"
    done
  '';
  meta.description = "Counts, and says so in the journal";
}
