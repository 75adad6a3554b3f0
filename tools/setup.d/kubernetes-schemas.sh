# shellcheck shell=bash disable=SC2034
# What the manifests of deploy/ are checked against beside Kubernetes itself: the custom resources of KubeRay, and the types of those of
# the operator of Prometheus, whose module has no definitions in YAML. Both are Go modules, fetched by the ordinary Go client.
title="Schemas of KubeRay and Prometheus' operator"
needs=(packages)
outputs=(kubernetes/ray.io_rayclusters.yaml kubernetes/ray.io_rayservices.yaml kubernetes/monitoring/podmonitor_types.go)
advice="check that apt can download packages and that Go can reach its module proxy."
kuberay=github.com/ray-project/kuberay/ray-operator@v1.4.2
kuberay_sum=h1:A4tGzbIky8sInAUxZBdBb+rrpZ7fbqoxdsOtm559Zqg=
monitoring=github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring@v0.80.0
monitoring_sum=h1:ckSycH7xHtpcvXsmEY/qEziRhDQKqKqbsHi9kX/BO7A=

inputs() { :; }

build() {
  client
  mkdir -p schemas/monitoring
  module "$kuberay" "$kuberay_sum"
  cp "$module"/config/crd/bases/ray.io_ray{clusters,services}.yaml schemas/
  module "$monitoring" "$monitoring_sum"
  cp "$module"/v1/*_types.go "$module"/v1/types.go schemas/monitoring/
  chmod -R u+w schemas modules
  publish schemas kubernetes
}

# Debian's Go, unpacked here and gone with this folder: nothing else needs it.
client() {
  mkdir -p go
  apt-get -o APT::Sandbox::User=root -o Acquire::Retries=3 download golang-1.19-go
  dpkg-deb -x golang-1.19-go_*.deb go
  rm golang-1.19-go_*.deb
}

# module NAME@VERSION SUM: fetches it, checked by its sum, into the folder $module.
module() {
  local answer
  answer=$(cd go && env -u GOFLAGS GOROOT="$PWD/usr/lib/go-1.19" GOMODCACHE="$WORK/modules" GOCACHE="$WORK/cache" HOME="$WORK" \
    usr/lib/go-1.19/bin/go mod download -json "$1") || true
  module=$(sed -n 's/^\t"Dir": "\(.*\)",$/\1/p' <<< "$answer")
  if [ -z "$module" ] || ! grep -qF "\"Sum\": \"$2\"" <<< "$answer"; then
    echo "$answer" >&2
    fail "the Go module $1 could not be fetched as it was when it was chosen" "$advice"
  fi
}
