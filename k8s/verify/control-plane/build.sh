#!/usr/bin/env bash
# Builds Kubernetes' own programs from their published Go modules (go.mod next to this file: k8s.io/kubernetes, with its staging
# modules replaced by their releases), for machines that reach only Go's module proxy. Programs that exist are not built again.
#
#   build.sh              all programs: about 15 minutes on two cores
#   build.sh kustomize    only Kustomize, in kubectl's version: half a minute
set -euo pipefail
cd "$(dirname "$0")"

version=1.36.3
kwok=v0.8.0
cache="${XDG_CACHE_HOME:-$HOME/.cache}/breakwater/kubernetes-v$version"
mkdir -p "$cache"
stamp="-X k8s.io/component-base/version.gitVersion=v$version -X k8s.io/component-base/version.gitMajor=${version%%.*} -X k8s.io/component-base/version.gitMinor=$(cut -d. -f2 <<< "$version")"

build() {
  local name=$1 package=$2
  if [ -x "$cache/$name" ]; then
    echo "$name exists in $cache"
    return
  fi
  echo "building $name"
  CGO_ENABLED=0 go build -mod=readonly -ldflags "-s -w $stamp" -o "$cache/$name.new" "$package"
  mv "$cache/$name.new" "$cache/$name"
}

for name in "${@:-kubectl kube-apiserver kube-controller-manager kube-scheduler kwok}"; do
  for program in $name; do
    case $program in
      kustomize) build kustomize sigs.k8s.io/kustomize/kustomize/v5 ;;
      kwok)
        # A separate module: its dependencies have another version of Kubernetes.
        [ -x "$cache/kwok" ] || (cd "${TMPDIR:-/tmp}" && CGO_ENABLED=0 GOBIN="$cache" go install "sigs.k8s.io/kwok/cmd/kwok@$kwok")
        ;;
      *) build "$program" "k8s.io/kubernetes/cmd/$program" ;;
    esac
  done
done
