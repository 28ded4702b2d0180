#!/usr/bin/env bash
# Makes the data folder of a hub as a given build leaves it after kill -9, with what its API said just before:
#   bash make.sh HUB_PROGRAM EDGE_PROGRAM OUT      writes OUT/data and OUT/expected/*.json
# The sleeping session never expires: the folder must mean the same in years. Pack it with this build: cityedge-hub backup --data OUT/data --out FILE
set -euo pipefail
hub=$1 edge=$2 out=$3
mkdir -p "$out/expected"
start() {
  "$hub" serve --data "$out/data" --http http://127.0.0.1:0 --mqtt 127.0.0.1:0 --auth none --max-age none >"$out/ready" 2>>"$out/hub.log" &
  pid=$!
  for _ in $(seq 200); do grep -q ^ready "$out/ready" && break; read -rt 0.1 <> <(:) || true; done
  read -r _ http mqtt _ < "$out/ready"; http=${http#http=} mqtt=${mqtt#mqtt=} port=${mqtt##*:}
}
trap 'kill -9 $pid 2>/dev/null || true' EXIT
start
put() { curl -sfS -X PUT -H 'Content-Type: application/yaml' --data-binary @- "$http/api/v1/rules/$1"; }
put room-cold <<'Y' >/dev/null
id: room-cold
title: { zh: 室温不达标, en: Room too cold }
signal: temperature
raise:
  - { severity: P3, when: "value < 18", for: 30m }
clear: { when: "value >= 18.5", for: 30m }
ticket: { category: heating.room, sla: P3, public: true, wait: 0s, self_clear: 0s, reopen: 0s }
Y
printf 'id,kind,name,parent,lat,long,label.role,attr.floor\nb1,building,1 号楼,,39.9,116.4,,\nb1-101,room,101,b1,,,room,1\n' >"$out/assets.csv"
"$hub" assets import "$out/assets.csv" --hub "$http" >/dev/null
# Two days in steps of 5 min: cold from 06:00 to 10:00 of the first day, and from 20:00 of the second on (an open ticket).
awk 'BEGIN { print "timestamp,a,b,c"; for (i = 0; i < 576; i++) { t = 1767225600 + i * 300; v = (i >= 72 && i < 120) || i >= 528 ? 16 : 21; printf "%s,%.2f,%.1f,%d\n", strftime("%Y-%m-%d %H:%M:%S", t, 1), v + (i % 7) / 10, 45 + (i % 50) / 10, i % 2 } }' >"$out/room.csv"
cat >"$out/agent.yaml" <<Y
site: bj-chaoyang-01
device: kiosk-0007
hub: { url: "mqtt://$mqtt" }
spool: { dir: $out/spool, max_bytes: 64MiB, when_full: refuse }
adapters:
  - { id: room, type: replay, file: $out/room.csv, time: timestamp, zone: UTC, start: recorded, speed: max,
      points: [ { name: room.temperature, column: a, kind: temperature, unit: Cel }, { name: room.humidity, column: b, kind: humidity, unit: "%RH" } ] }
Y
"$edge" run --config "$out/agent.yaml" --once 2>"$out/edge.log"
# A clean stop saves telemetry and a snapshot; what follows is only in the journal.
kill -TERM $pid; wait $pid
start
topic=cityedge/v1/bj-chaoyang-01/kiosk-0008
pub() { mosquitto_pub -p "$port" -V mqttv5 -q "$1" "${@:2}"; }
pub 1 -t $topic/telemetry -m '[{"bn":"bj-chaoyang-01/kiosk-0008/","bt":1767400000,"n":"door.open","vb":true},{"n":"note","vs":"静"},{"n":"level","u":"m","v":0.123456789}]'
pub 1 -t $topic/telemetry -m 'not senml'
pub 1 -r -t city/notice -m kept
mosquitto_sub -p "$port" -V mqttv5 -q 1 -c -i sleeper -x 4294967295 -t 'city/#' -E
pub 1 -t city/news -m waits
for _ in $(seq 200); do curl -s "$http/readyz" | grep -q '"rules_backlog_bytes": *0,.*"telemetry_backlog_bytes": *0' && break; read -rt 0.1 <> <(:) || true; done
get() { curl -sfS "$http/api/v1/$1" >"$out/expected/$2.json"; }
get 'points?limit=1000' points; get 'assets?limit=1000' assets; get 'devices?limit=1000' devices; get 'tickets?limit=1000' tickets; get 'alarms?limit=1000' alarms; get 'deadletters?limit=1000' deadletters
get 'rules?limit=1000' rules
for name in room.temperature room.humidity; do get "readings?point=bj-chaoyang-01%2Fkiosk-0007%2F$name&from=2026-01-01T00:00:00Z&to=2026-01-04T00:00:00Z&limit=1000" "readings-$name"; done
for name in door.open note level; do get "readings?point=bj-chaoyang-01%2Fkiosk-0008%2F$name&from=2026-01-01T00:00:00Z&to=2026-01-04T00:00:00Z" "readings-$name"; done
kill -9 $pid; wait $pid 2>/dev/null || true
rm -f "$out/data/lock"
