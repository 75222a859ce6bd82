#!/usr/bin/env bash
# Runs once, on a new volume. Each service has a schema with an owner, which only migrations use, and a role that can only log in;
# the migrations grant it its rights in the schema (DATABASE_SERVICE_ROLE).
#
# Names and passwords come from the URLs of the services, so that none is written twice.
set -euo pipefail

# Prints the user and the password of the URL in a secret, one per line. Neither is percent-encoded.
credentials() {
  local url part
  url=$(< "/run/secrets/$1")
  part=${url#*://}
  part=${part%%@*}
  [[ $part =~ ^[A-Za-z0-9._-]+:[A-Za-z0-9._~-]+$ ]] || {
    echo "The secret $1 is no URL such as postgres://user:password@postgres:5432/breakwater, or has other characters in its user or password than letters, digits and . _ ~ -" >&2
    return 1
  }
  printf '%s\n%s\n' "${part%%:*}" "${part#*:}"
}

run() {
  psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" "$@"
}

run --set=database="$POSTGRES_DB" <<'SQL'
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
SQL

for service in account customer; do
  owner=$(credentials "$service-owner-url")
  login=$(credentials "$service-service-url")
  run --set=database="$POSTGRES_DB" --set=schema="$service" \
    --set=owner="${owner%$'\n'*}" --set=owner_password="${owner#*$'\n'}" \
    --set=login="${login%$'\n'*}" --set=login_password="${login#*$'\n'}" <<'SQL'
CREATE ROLE :"owner" LOGIN PASSWORD :'owner_password';
CREATE ROLE :"login" LOGIN PASSWORD :'login_password';
GRANT CONNECT ON DATABASE :"database" TO :"owner", :"login";
CREATE SCHEMA :"schema" AUTHORIZATION :"owner";
SQL
done
