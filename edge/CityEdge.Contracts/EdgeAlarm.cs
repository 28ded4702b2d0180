using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace CityEdge.Contracts;

/// <summary>
/// One step in the life of an alarm that an agent found by itself, as a CloudEvent of the type <c>cityedge.device.alarm</c> (design §5, <c>cityedge.device.*</c>): the subject is the point's name, the data
/// <c>{"alarm","rule","rule_version","change","severity","at","raised_at","value","no_data","seen","link"}</c>. The id is made of the alarm, the change and its time, so telling it again is the same event.
/// </summary>
/// <param name="AlarmId">Id of the occurrence, as the hub's engine would give it: a hash of (rule, point, kind of alarm, raise time).</param>
/// <param name="Rule">Rule id.</param>
/// <param name="RuleVersion">Version that decided.</param>
/// <param name="Point">A point of the device that tells it.</param>
/// <param name="Change">What happened.</param>
/// <param name="Severity">Severity after the change.</param>
/// <param name="AtMs">Event time of the change, Unix ms; of <see cref="EdgeAlarmChange.Standing"/> the agent's clock.</param>
/// <param name="RaisedAtMs">Event time at which the occurrence was raised, Unix ms.</param>
/// <param name="Value">Deciding value; null for silence.</param>
/// <param name="NoData">The rule's silence alarm.</param>
/// <param name="SeenMs">Time of the newest reading of the point that the agent had heard, Unix ms; null when none.</param>
/// <param name="LinkUp">The link to the hub was up when it was told.</param>
public sealed record EdgeAlarm(
    string AlarmId,
    string Rule,
    int RuleVersion,
    PointId Point,
    EdgeAlarmChange Change,
    Severity Severity,
    long AtMs,
    long RaisedAtMs,
    double? Value,
    bool NoData,
    long? SeenMs,
    bool LinkUp)
{
    /// <summary>CloudEvents type.</summary>
    public const string EventType = "cityedge.device.alarm";

    private static readonly string[] Changes = [.. Enum.GetNames<EdgeAlarmChange>().Select(JsonNamingPolicy.KebabCaseLower.ConvertName)];

    /// <summary>The event to send.</summary>
    public CloudEvent ToEvent()
    {
        var json = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WriteString("alarm"u8, AlarmId);
            writer.WriteString("rule"u8, Rule);
            writer.WriteNumber("rule_version"u8, RuleVersion);
            writer.WriteString("change"u8, Changes[(int)Change]);
            writer.WriteString("severity"u8, Severity.ToString());
            writer.WriteString("at"u8, Rfc3339.Format(AtMs));
            writer.WriteString("raised_at"u8, Rfc3339.Format(RaisedAtMs));
            if (Value is { } value && double.IsFinite(value)) writer.WriteNumber("value"u8, value);
            writer.WriteBoolean("no_data"u8, NoData);
            if (SeenMs is { } seen) writer.WriteString("seen"u8, Rfc3339.Format(seen));
            writer.WriteString("link"u8, LinkUp ? "up" : "down");
            writer.WriteEndObject();
        }
        using var data = JsonDocument.Parse(json.WrittenMemory);
        return new CloudEvent
        {
            Id = string.Create(CultureInfo.InvariantCulture, $"{AlarmId}-{Changes[(int)Change]}-{AtMs}"),
            Source = $"{Point.Site}/{Point.Device}",
            Type = EventType,
            Subject = Point.Name,
            TimeMs = AtMs,
            Data = data.RootElement.Clone(),
        };
    }

    /// <summary>Reads what a device has sent; null, and why, for one that says less than it must, or speaks for a point that is not its own.</summary>
    public static EdgeAlarm? Read(string site, string device, CloudEvent cloudEvent, out string? error)
    {
        error = null;
        if (cloudEvent.Subject is not { } subject || !PointId.IsName(subject)) return Refused("subject is not the name of a point", out error);
        if (cloudEvent.Data is not { ValueKind: JsonValueKind.Object } data) return Refused("data is not an object", out error);
        if (Text("alarm") is not { Length: 32 } alarm) return Refused("data.alarm is not an alarm's id, 32 hex digits", out error);
        if (Text("rule") is not { Length: > 0 } rule) return Refused("data.rule is missing", out error);
        if (!data.TryGetProperty("rule_version", out var number) || number.ValueKind != JsonValueKind.Number || !number.TryGetInt32(out var version)) return Refused("data.rule_version is not a whole number", out error);
        if (Array.IndexOf(Changes, Text("change")) is var change && change < 0) return Refused($"data.change is not one of {string.Join(", ", Changes)}", out error);
        if (Text("severity") is not ['P', _] named || !Enum.TryParse<Severity>(named, out var severity) || !Enum.IsDefined(severity)) return Refused("data.severity is not one of P1 to P5", out error);
        if (Time("at") is not { } at || Time("raised_at") is not { } raisedAt || at < raisedAt) return Refused("data.at and data.raised_at are not RFC 3339 times, the second not after the first", out error);
        var value = data.TryGetProperty("value", out var given) && given.ValueKind == JsonValueKind.Number && given.TryGetDouble(out var read) ? read : (double?)null;
        var noData = data.TryGetProperty("no_data", out var silence) && silence.ValueKind == JsonValueKind.True;
        return new EdgeAlarm(alarm, rule, version, new PointId(site, device, subject), (EdgeAlarmChange)change, severity, at, raisedAt, value, noData, Time("seen"), Text("link") == "up");

        string? Text(string name) => data.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;

        long? Time(string name) => Text(name) is { } text && Rfc3339.TryParse(text, out var ms) ? ms : null;

        static EdgeAlarm? Refused(string what, out string? error)
        {
            error = $"the {EventType} event is not understood: {what}";
            return null;
        }
    }
}
