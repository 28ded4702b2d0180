using CityEdge.Contracts;
using CityEdge.Hub.Broker;
using CityEdge.Hub.Hosting;
using CityEdge.Hub.Placing;
using CityEdge.Hub.Registry;

namespace CityEdge.Hub.Ingest;

/// <summary>From a journaled PUBLISH to readings, events or status, with what the registry knows. Both consumers decode with it, so both see the same.</summary>
public sealed class MessageDecoder(HubOptions options, HubRegistry registry)
{
    private const int MaxReport = 64 << 10;
    private readonly HubRegistry.View view = registry.Now();

    /// <summary>True for a message outside <c>cityedge/</c>: there is nothing in it to decode. Looks at the raw record and allocates nothing.</summary>
    public static bool IsForeign(ReadOnlySpan<byte> body) => PublishRecord.IsOutside(body, "cityedge/"u8);

    /// <summary>Decodes as the registry is now, or, where <paramref name="asOf"/> says so, as it was when the journal's record there was folded.</summary>
    public DecodedMessage Decode(PublishRecord publish, long arrivalMs, long? asOf = null)
    {
        view.Position = asOf ?? long.MaxValue;
        if (!publish.Topic.StartsWith("cityedge/", StringComparison.Ordinal)) return new DecodedMessage(MessageKind.NotOurs, null, null);
        if (!Topics.TryParse(publish.Topic, out var address))
            return Refused(null, null, RefusalReason.UnknownTopic, $"'{publish.Topic}' is none of the topics of CityEdge: cityedge/v1/SITE/DEVICE/telemetry, …/event, …/status; site and device are 1 to 64 of A-Z a-z 0-9 _ -.");
        switch (address.Channel)
        {
            case TopicChannel.Telemetry or TopicChannel.Event or TopicChannel.Status or TopicChannel.ConfigReported: break;
            case TopicChannel.CommandReply: return new DecodedMessage(MessageKind.Other, address.Site, address.Device);
            default: return new DecodedMessage(MessageKind.NotOurs, null, null);
        }
        if (publish.Payload.IsEmpty && address.Channel is TopicChannel.Status or TopicChannel.ConfigReported) return new DecodedMessage(MessageKind.NotOurs, null, null);
        if (!options.RegistrationOpen && registry.FindDevice($"{address.Site}/{address.Device}") is null)
            return Refused(address.Site, address.Device, RefusalReason.UnknownDevice, $"{address.Site}/{address.Device} is not registered and registration is closed: add it with 'cityedge-hub devices add {address.Site}/{address.Device}'.");
        if (registry.DeviceCount >= options.MaxSeries && registry.FindDevice($"{address.Site}/{address.Device}") is null)
            return Refused(address.Site, address.Device, RefusalReason.SeriesCap, $"{address.Site}/{address.Device} is one device too many: a hub takes {options.MaxSeries}.");
        return address.Channel switch
        {
            TopicChannel.Telemetry => DecodeTelemetry(address, publish.Payload, arrivalMs),
            TopicChannel.Event => DecodeEvents(address, publish.Payload),
            TopicChannel.ConfigReported => DecodeReport(address, publish.Payload),
            _ => DecodeStatus(address, publish.Payload),
        };
    }

    /// <summary>Whether the caps let another point of this device in.</summary>
    public bool HasRoomFor(PointId id) => options.RegistrationOpen && registry.PointCount < options.MaxSeries && (registry.FindDevice($"{id.Site}/{id.Device}")?.Points ?? 0) < options.MaxPointsPerDevice;

    /// <summary>Why <see cref="HasRoomFor"/> does not let the point in.</summary>
    public Refusal NoRoom(PointId id, int index) => options.RegistrationOpen
        ? new Refusal(RefusalReason.SeriesCap, $"Point '{id.Name}' is one too many: {options.MaxPointsPerDevice} points a device, {options.MaxSeries} a hub. Use fewer names; a changing part does not belong in a name.", index)
        : new Refusal(RefusalReason.UnknownDevice, $"Point '{id.Name}' is not registered and registration is closed.", index);

    private DecodedMessage DecodeTelemetry(TopicAddress address, ReadOnlyMemory<byte> payload, long arrivalMs)
    {
        var batch = TelemetryDecoder.Decode(address.Site, address.Device, payload, arrivalMs, view);
        if (batch.Refusal is not null) return Refused(address.Site, address.Device, batch.Refused, batch.Refusal);
        var refusals = batch.Refusals.Select(r => new Refusal(r.Reason, r.Message, r.Index)).ToList();
        var readings = batch.Readings;
        if (readings.Any(r => registry.FindPoint(r.Reading.Point) is null)) readings = Admit(readings, refusals);
        foreach (var (reading, _) in readings)
        {
            if (!reading.Quality.HasFlag(Quality.FutureTime)) continue;
            refusals.Add(new Refusal(RefusalReason.FutureTime, $"'{reading.Point.Name}' carries a time more than 5 min ahead of the hub: stored at its arrival time and marked, not given to rules. Set the device's clock.", -2));
            break;
        }
        return new DecodedMessage(MessageKind.Telemetry, address.Site, address.Device) { Readings = readings, Refusals = refusals };
    }

    /// <summary>New points as far as the caps allow; the others become refusals.</summary>
    private List<DecodedReading> Admit(IReadOnlyList<DecodedReading> readings, List<Refusal> refusals)
    {
        var admitted = new List<DecodedReading>(readings.Count);
        var fresh = new HashSet<PointId>();
        for (var i = 0; i < readings.Count; i++)
        {
            var id = readings[i].Reading.Point;
            if (registry.FindPoint(id) is null && !fresh.Contains(id))
            {
                var ofDevice = (registry.FindDevice($"{id.Site}/{id.Device}")?.Points ?? 0) + fresh.Count;
                if (!options.RegistrationOpen || ofDevice >= options.MaxPointsPerDevice || registry.PointCount + fresh.Count >= options.MaxSeries)
                {
                    refusals.Add(NoRoom(id, i));
                    continue;
                }
                fresh.Add(id);
            }
            admitted.Add(readings[i]);
        }
        return admitted;
    }

    private static DecodedMessage DecodeEvents(TopicAddress address, ReadOnlyMemory<byte> payload)
    {
        var batch = CloudEventJson.Decode(payload.Span);
        if (batch.Refusal is not null) return Refused(address.Site, address.Device, RefusalReason.NotCloudevents, batch.Refusal);
        return new DecodedMessage(MessageKind.Event, address.Site, address.Device)
        {
            Events = batch.Events,
            Refusals = batch.Errors.Select(e => new Refusal(RefusalReason.NotCloudevents, e.Message, e.Index)).ToList(),
        };
    }

    private static DecodedMessage DecodeStatus(TopicAddress address, ReadOnlyMemory<byte> payload)
    {
        var result = DeviceStatusJson.Decode(payload.Span);
        if (result.Status is null) return Refused(address.Site, address.Device, RefusalReason.NotStatus, result.Error!);
        return new DecodedMessage(MessageKind.Status, address.Site, address.Device)
        {
            Status = result.Status,
            Refusals = result.Problems.Select((p, i) => new Refusal(RefusalReason.BadRecord, p, i)).ToList(),
        };
    }

    private static DecodedMessage DecodeReport(TopicAddress address, ReadOnlyMemory<byte> payload) => payload.Length <= MaxReport && ReportedConfig.TryRead(payload, out var json)
        ? new DecodedMessage(MessageKind.ConfigReported, address.Site, address.Device) { Reported = json }
        : Refused(address.Site, address.Device, RefusalReason.BadRecord, $"The payload is not a report of a configuration: expected a JSON object of at most {MaxReport >> 10} KiB with \"version\" and \"rules\".");

    private static DecodedMessage Refused(string? site, string? device, RefusalReason reason, string message) =>
        new(MessageKind.Refused, site, device) { Refusals = [new Refusal(reason, message, -1)] };
}
