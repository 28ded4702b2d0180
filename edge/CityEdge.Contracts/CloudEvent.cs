using System.Text.Json;

namespace CityEdge.Contracts;

/// <summary>One CloudEvent 1.0 (CNCF CloudEvents §3). <c>source</c> + <c>id</c> identify it: the same pair again is the same event.</summary>
public sealed record CloudEvent
{
    /// <summary>Required, not empty.</summary>
    public required string Id { get; init; }

    /// <summary>Required URI-reference, not empty; for a device <c>{site}/{device}</c>.</summary>
    public required string Source { get; init; }

    /// <summary>Required, not empty, e.g. <c>cityedge.kiosk.help</c> (design §5, <i>Events</i>).</summary>
    public required string Type { get; init; }

    /// <summary>Point or asset; null when absent.</summary>
    public string? Subject { get; init; }

    /// <summary>When it happened, Unix ms; null when absent. Digits below the millisecond are cut.</summary>
    public long? TimeMs { get; init; }

    /// <summary>Media type of the data; null means <c>application/json</c>.</summary>
    public string? DataContentType { get; init; }

    /// <summary>URI of the schema that the data keep to; null when absent.</summary>
    public string? DataSchema { get; init; }

    /// <summary>JSON data; null when absent or binary. Independent of any document: may be kept.</summary>
    public JsonElement? Data { get; init; }

    /// <summary>Binary data (<c>data_base64</c>); null when absent or JSON.</summary>
    public byte[]? BinaryData { get; init; }

    /// <summary>Extension attributes: string, integer (−2^31 to 2^31−1) or boolean, by lower-case name.</summary>
    public IReadOnlyDictionary<string, JsonElement> Extensions { get; init; } = NoExtensions;

    private static readonly IReadOnlyDictionary<string, JsonElement> NoExtensions = new Dictionary<string, JsonElement>();
}
