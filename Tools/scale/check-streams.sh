#!/usr/bin/env bash
# Runs the recipes of docs/streams.md: a camera through GStreamer and FFmpeg (their test pictures stand in for a camera), answers
# over MQTT, a folder to watch, and the unit for systemd. Prints a line for each; the status is 1 at the first failure.
#
#   check-streams.sh
#
# Needs Debian's gstreamer1.0-tools, gstreamer1.0-plugins-base, gstreamer1.0-plugins-good, ffmpeg, mosquitto, mosquitto-clients,
# inotify-tools and jq. Environment, with defaults: TTAME_LITE, the program, .build/release/ttame-lite; TTAME_WEIGHTS, weights.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
TTAME_LITE=$(realpath -e "${TTAME_LITE:-$root/.build/release/ttame-lite}")
export TTAME_LITE TTAME_WEIGHTS=${TTAME_WEIGHTS:-$root/weights}
port=${MQTT_PORT:-18830}

fail() {
  echo "check-streams.sh: $*" >&2
  exit 1
}

for tool in gst-launch-1.0 ffmpeg mosquitto mosquitto_pub mosquitto_sub inotifywait systemd-analyze jq; do
  command -v "$tool" >/dev/null || fail "$tool is missing."
done

work=$(mktemp -d)
started=()
trap 'kill "${started[@]}" 2>/dev/null || true; wait; rm -rf "$work"' EXIT
cd "$work"

# until_true SECONDS COMMAND...
until_true() {
  local tries=$(($1 * 10))
  shift
  until "$@"; do
    [ $((tries -= 1)) -gt 0 ] || return 1
    sleep 0.1
  done
}

gst-launch-1.0 -q videotestsrc num-buffers=20 ! video/x-raw,width=320,height=240,framerate=10/1 ! jpegenc ! fdsink |
  "$TTAME_LITE" classify --json --quiet >gstreamer.jsonl
[ "$(jq -r .frame gstreamer.jsonl | paste -sd ' ')" = "$(seq -s ' ' 20)" ] || fail "GStreamer's 20 frames do not have an answer each."
echo "GStreamer: 20 frames, 20 answers"

ffmpeg -v error -f lavfi -i testsrc=size=320x240:rate=10 -frames:v 20 -f image2pipe -c:v ppm - |
  "$TTAME_LITE" classify --json --quiet >ffmpeg.jsonl
[ "$(jq -r .frame ffmpeg.jsonl | paste -sd ' ')" = "$(seq -s ' ' 20)" ] || fail "FFmpeg's 20 frames do not have an answer each."
echo "FFmpeg: 20 frames, 20 answers"

printf 'listener %s 127.0.0.1\nallow_anonymous true\n' "$port" >broker.conf
mosquitto -c broker.conf >broker.log 2>&1 &
started+=($!)
until_true 5 mosquitto_pub -p "$port" -t start -m '' 2>/dev/null || fail "the broker does not start: $(tail -n 1 broker.log)"
timeout 20 mosquitto_sub -p "$port" -q 1 -t camera/labels -C 20 >received.jsonl &
subscriber=$!
started+=("$subscriber")
# The broker logs no subscriptions, and what is published before one is lost.
sleep 1
gst-launch-1.0 -q videotestsrc num-buffers=20 ! video/x-raw,width=320,height=240,framerate=10/1 ! jpegenc ! fdsink |
  "$TTAME_LITE" classify --json --quiet | tee sent.jsonl | mosquitto_pub -p "$port" -q 1 -t camera/labels -l
wait "$subscriber" || fail "the subscriber got $(wc -l <received.jsonl) of 20 answers."
cmp sent.jsonl received.jsonl || fail "the answers received are not those sent."
echo "MQTT: 20 answers, received as sent"

mkdir incoming
cp "$root/Tests/Fixtures/photos/cat.jpg" incoming/
"$here/watch.sh" incoming watched 2>watch.log &
started+=($!)
until_true 20 test -s watched/images/incoming/cat.png || fail "the picture that was there is not explained: $(tail -n 1 watch.log)"
sleep 1
cp "$root/Tests/Fixtures/photos/espresso.jpg" incoming/
until_true 20 test -s watched/images/incoming/espresso.png || fail "a picture that arrived is not explained: $(tail -n 1 watch.log)"
cp "$root/Tests/Fixtures/photos/rocket.jpg" incoming.part
mv incoming.part incoming/rocket.jpg
until_true 20 test -s watched/images/incoming/rocket.png || fail "a picture that was moved there is not explained: $(tail -n 1 watch.log)"
three_answers() { [ "$(wc -l <watched/answers.jsonl)" -eq 3 ]; }
until_true 5 three_answers || fail "answers are missing."
echo "watch.sh: 3 pictures explained"

# The example's program is not installed here, and systemd looks for it.
sed "s|/usr/local/bin/ttame-lite-watch|$here/watch.sh|" "$here/ttame-lite-watch.service" >ttame-lite-watch.service
systemd-analyze verify ./ttame-lite-watch.service 2>verify.log || fail "systemd rejects the unit: $(head -n 1 verify.log)"
# An unknown key is only a warning to systemd.
! grep ttame-lite-watch verify.log >&2 || fail "systemd warns of the unit."
echo "systemd: the unit is valid"
