#!/usr/bin/env bash
# Builds everything with warnings as errors and runs every suite against real servers that the tests start themselves on loopback.
#   bash tests/run.sh          the gate: repeat counts scaled down
#   bash tests/run.sh --long   full counts, fuzz times and figures
# Installs what is missing on a bare Debian machine with the .NET SDK, Node.js and root. Closes with one line: N passed, N failed, N skipped
set -u -o pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en
[ "${1:-}" = "--long" ] && export CITYEDGE_LONG=1
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
step() { printf '\n== %s\n' "$1"; }
fail() { printf '%s\n' "$1"; printf '0 passed, 1 failed, 0 skipped\n'; exit 1; }

need=()
for pair in influxd:influxdb victoria-metrics:victoria-metrics mosquitto:mosquitto mosquitto_pub:mosquitto-clients paho_c_pub:paho.mqtt.c-examples nats-server:nats-server aiosmtpd:python3-aiosmtpd chromium:chromium openssl:openssl; do
  command -v "${pair%%:*}" >/dev/null || [ -x "/usr/sbin/${pair%%:*}" ] || need+=("${pair##*:}")
done
# Without a CJK font Chinese pages are boxes.
[ -e /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc ] || need+=(fonts-noto-cjk)
if [ ${#need[@]} -gt 0 ]; then
  step "Installing ${need[*]}"
  # RUNLEVEL=1: Debian's packages must not start services of their own.
  { apt-get update && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${need[@]}"; } >"$out/apt.log" 2>&1 ||
    { tail -20 "$out/apt.log"; fail "apt-get could not install ${need[*]}; the tests need these servers."; }
fi
for tool in dotnet node npm; do command -v "$tool" >/dev/null || fail "$tool is missing: install the .NET 10 SDK and Node.js 20 or newer."; done

step "Restoring and building"
dotnet restore CityEdge.sln --locked-mode -v quiet || fail "Restore failed."
dotnet build CityEdge.sln -c Release --no-restore -v quiet -warnaserror || fail "Build failed."

step "Installing MQTT.js, which drives the hub in the tests"
npm ci --prefix tests/CityEdge.Hub.Broker.Tests/Interop/mqttjs --no-audit --no-fund >"$out/mqttjs.log" 2>&1 || { tail -20 "$out/mqttjs.log"; fail "npm ci of MQTT.js failed."; }

step "Console tests"
passed=0 failed=0 skipped=0
if (cd hub/console && npm test --silent -- --reporter=json --outputFile="$out/console.json") >"$out/console.log" 2>&1; then :; else cat "$out/console.log"; fi
if [ -s "$out/console.json" ]; then
  read -r p f s < <(node -e 'const r=JSON.parse(require("fs").readFileSync(process.argv[1]));console.log(r.numPassedTests,r.numFailedTests+(r.success||r.numFailedTests?0:1),r.numPendingTests+r.numTodoTests)' "$out/console.json")
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
  printf '%-34s %5d passed %3d failed %3d skipped\n' console "$p" "$f" "$s"
else
  failed=$((failed + 1))
fi

for project in tests/*.Tests; do
  name=$(basename "$project")
  program="$project/bin/Release/net10.0/$name"
  start=$SECONDS
  "$program" --no-progress --no-ansi --report-ctrf --report-ctrf-filename "$name.json" --results-directory "$out" >"$out/$name.log" 2>&1
  code=$?
  if [ -s "$out/$name.json" ]; then
    read -r p f s < <(node -e 'const r=JSON.parse(require("fs").readFileSync(process.argv[1])).results.summary;console.log(r.passed,r.failed+r.other,r.skipped+r.pending)' "$out/$name.json")
  else
    p=0 f=1 s=0
  fi
  [ "$code" -ne 0 ] && [ "$f" -eq 0 ] && f=1
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
  printf '%-34s %5d passed %3d failed %3d skipped  %4d s\n' "$name" "$p" "$f" "$s" "$((SECONDS - start))"
  [ "$f" -gt 0 ] && grep -v '^$' "$out/$name.log" | tail -120
  [ "$s" -gt 0 ] && grep -i 'skip' "$out/$name.log" | head -10
done

printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
