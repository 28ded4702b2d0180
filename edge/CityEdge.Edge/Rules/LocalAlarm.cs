using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using CityEdge.Contracts;
using CityEdge.Rules;

namespace CityEdge.Edge;

/// <summary>An open alarm that the agent has found by itself.</summary>
/// <param name="Id">Id of the occurrence, the same as in the hub.</param>
/// <param name="Rule">Rule id.</param>
/// <param name="Version">Version of the rule.</param>
/// <param name="Point">Point name.</param>
/// <param name="Severity">Severity now.</param>
/// <param name="RaisedAtMs">Event time of its raise, Unix ms.</param>
/// <param name="Value">Value that decided last; null for silence.</param>
/// <param name="NoData">The point is silent.</param>
public sealed record LocalAlarm(string Id, string Rule, int Version, string Point, Severity Severity, long RaisedAtMs, double? Value, bool NoData)
{
    internal static byte[] Encode(IReadOnlyList<LocalAlarm> alarms) => JsonSerializer.SerializeToUtf8Bytes(alarms, LocalAlarmJsonContext.Default.IReadOnlyListLocalAlarm);

    /// <summary>Null when the bytes are no list of alarms.</summary>
    internal static IReadOnlyList<LocalAlarm>? Decode(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return JsonSerializer.Deserialize(utf8, LocalAlarmJsonContext.Default.IReadOnlyListLocalAlarm);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>As people and kiosks are shown it, with the rule's texts.</summary>
    internal JsonObject ToJson(RuleDefinition? rule) => new()
    {
        ["id"] = Id,
        ["rule"] = Rule,
        ["version"] = Version,
        ["title"] = Text(rule?.Title),
        ["action"] = Text(rule?.Action),
        ["point"] = Point,
        ["severity"] = Severity.ToString(),
        ["raised_at"] = Rfc3339.Format(RaisedAtMs),
        ["value"] = Value,
        ["no_data"] = NoData,
    };

    private static JsonObject? Text(LocalizedText? text) => text is null ? null : new JsonObject { ["zh"] = text.Zh, ["en"] = text.En };
}

[JsonSerializable(typeof(IReadOnlyList<LocalAlarm>))]
internal sealed partial class LocalAlarmJsonContext : JsonSerializerContext;
