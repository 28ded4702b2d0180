using CityEdge.Hub.Api;
using CityEdge.Hub.Broker;
using CityEdge.Hub.Telemetry;

namespace CityEdge.Hub.Hosting;

/// <summary>What <c>/metrics</c> reads from the parts at scrape time.</summary>
public static class HubGauges
{
    public static void Register(HubState state, MqttBroker broker, TimeProvider time)
    {
        var metrics = state.Metrics;
        var counts = state.Counts;
        metrics.Gauge("cityedge.journal.bytes", "Bytes of the journal between its first and its last record.", () => state.Journal.End - state.Journal.Start);
        metrics.Gauge("cityedge.journal.end", "Position of the journal's end.", () => state.Journal.DurableEnd);
        metrics.Gauges("cityedge.consumer.backlog.bytes", "Journal bytes that a consumer has not handled yet.", "consumer", () =>
        [
            ("rules", state.Journal.DurableEnd - state.Rules.Folded.Position),
            ("telemetry", state.Journal.DurableEnd - state.TelemetryConsumer.Position),
        ]);
        metrics.Gauge("cityedge.telemetry.available", "1 while the telemetry store takes rows.", () => state.TelemetryConsumer.Available ? 1 : 0);
        metrics.Gauges("cityedge.telemetry.trouble", "1 for what keeps the telemetry store from taking rows: away, busy, or stopped, which waits for people.", "trouble", () =>
            Enum.GetValues<TelemetryTrouble>().Select(t => (t.ToString().ToLowerInvariant(), state.TelemetryConsumer.Trouble == t ? 1.0 : 0.0)));
        metrics.Gauges("cityedge.system.incidents", "1 for each fault of the hub itself that has an open alarm.", "subject", () => state.Incidents.Active.Select(s => (s, 1.0)));
        metrics.Gauge("cityedge.journal.refusing", "1 while the journal takes nothing because its disk is full.", () => state.Journal.Stats.NoSpace is null ? 0 : 1);
        metrics.Gauge("cityedge.points", "Registered points.", () => state.Registry.PointCount);
        metrics.Gauge("cityedge.devices", "Known devices.", () => state.Registry.DeviceCount);
        metrics.Gauge("cityedge.devices.online", "Devices whose last status is online.", () => state.Registry.Devices.Count(d => d.Online));
        metrics.Gauge("cityedge.live.clients", "Clients of the live stream.", () => state.Live.Clients);
        metrics.Gauge("cityedge.tickets.open", "Tickets that are open.", () => counts.Now().TicketsOpen);
        metrics.Gauge("cityedge.alarms.active", "Alarms that are active.", () => counts.Now().AlarmsActive);
        metrics.Gauge("cityedge.alarm.flood", "1 while more alarms are offered than a person can take: more than 10 in 10 min, until fewer than 5.", () => state.EngineReader.Desk(time.GetUtcNow().ToUnixTimeMilliseconds()).FloodSinceMs is null ? 0 : 1);
        metrics.Counters("cityedge.rules.unheard", "Readings and events that rules did not hear, by why: repeated or late readings, readings ahead of the clock, of unknown points; events sent twice, late, ahead, or of a subject too many.", "reason", state.EngineReader.Unheard);
        metrics.Gauge("cityedge.mqtt.connections", "Live MQTT connections.", () => broker.Stats.Connections);
    }
}
