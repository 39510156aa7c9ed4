#!/bin/sh
# A backup of the store that DATABASE_URL names, into BACKUP_DIR; backups older than KEEP_DAYS are removed once the new one is whole.
# From cron, every night at three:   0 3 * * *   DATABASE_URL=... /path/to/scripts/backup.sh
# The password comes from PGPASSWORD, DB_PASSWORD or ~/.pgpass. KRAKEN_DB is the program to run, with spaces between its words.
set -eu
umask 077

BACKUP_DIR="${BACKUP_DIR:-/backups/kraken_data}"
KEEP_DAYS="${KEEP_DAYS:-7}"
KRAKEN_DB="${KRAKEN_DB:-kraken-db}"
case "$KEEP_DAYS" in
'' | *[!0-9]*)
  echo "backup.sh: KEEP_DAYS is '$KEEP_DAYS', which is not a number of days" >&2
  exit 2
  ;;
esac

mkdir -p "$BACKUP_DIR"
backup="$BACKUP_DIR/kraken_data_$(date +%Y%m%d_%H%M%S).dump"

# Unquoted: words. A failure ends the script here, and nothing old is removed.
$KRAKEN_DB db backup "$backup"

find "$BACKUP_DIR" -type f \( -name 'kraken_data_*.dump' -o -name 'kraken_data_*.dump.manifest.json' \) -mmin +"$((KEEP_DAYS * 24 * 60))" -exec rm -f {} +

echo "Backup created: $backup"
