#!/usr/bin/env bash
# Builds the OpenTelemetry Collector and Jaeger from their published Go modules, for machines that reach only Go's module proxy.
# They check the configuration of both, and receive spans in `npm run compose:check` where no image can be pulled. Programs that
# exist are not built again.
#
#   build.sh              both programs: about ten minutes on two cores
#   build.sh otelcol      only the collector: two minutes
set -euo pipefail
cd "$(dirname "$0")"

# The versions of docker-compose.yml. Jaeger 2.13.0 is the module's v1.76.0.
collector=0.161.0
jaeger=2.13.0
cache="${XDG_CACHE_HOME:-$HOME/.cache}/breakwater/tracing"
mkdir -p "$cache"

build() {
  local name=$1 version=$2 folder=$3 package=$4
  local file="$cache/$name-$version/$name"
  if [ -x "$file" ]; then
    echo "$file exists"
    return
  fi
  echo "building $name $version"
  mkdir -p "$(dirname "$file")"
  (cd "$folder" && CGO_ENABLED=0 go build -mod=readonly -ldflags "-s -w -X main.version=$version" -o "$file.new" "$package")
  mv "$file.new" "$file"
}

for name in "${@:-otelcol jaeger}"; do
  for program in $name; do
    case $program in
      otelcol) build otelcol "$collector" collector . ;;
      jaeger) build jaeger "$jaeger" jaeger github.com/jaegertracing/jaeger/cmd/jaeger ;;
      *)
        echo "unknown program: $program" >&2
        exit 2
        ;;
    esac
  done
done
