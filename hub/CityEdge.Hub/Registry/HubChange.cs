using System.Text.Json;
using CityEdge.Hub.Api;
using CityEdge.Hub.Broker;

namespace CityEdge.Hub.Registry;

/// <summary>
/// A change that rules depend on, made through the API: it is a journal record like any other, so that a replay of the journal comes to the
/// same state (design §4, "Replay = live"). Exactly one of the parts is set.
/// </summary>
public sealed record HubChange
{
    /// <summary>Kind of these records in the journal.</summary>
    public const byte RecordKind = JournalKind.HubFirst;

    /// <summary>Largest encoded change; a record of the journal is no larger.</summary>
    public const int MaxBytes = 16 << 20;

    public required string Actor { get; init; }

    public IReadOnlyList<RuleChange>? Rules { get; init; }

    public IReadOnlyList<Asset>? Assets { get; init; }

    public PointChange? Point { get; init; }

    public DeskChange? Desk { get; init; }

    public byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(this, HubJson.Options);

    /// <summary>Null when the bytes are not a change; the consumer puts them with the dead letters.</summary>
    public static HubChange? Decode(ReadOnlySpan<byte> body)
    {
        try
        {
            return JsonSerializer.Deserialize<HubChange>(body, HubJson.Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
