using System.Security.Cryptography;
using System.Text.Json;

namespace CityEdge.Hub.Upstream;

/// <summary>What the hub must know again after a restart about its place at the other broker: <c>upstream.json</c> in the data directory, replaced as a whole.</summary>
public sealed record UpstreamState
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    /// <summary>Client id whose session that broker keeps.</summary>
    public string ClientId { get; init; } = "";

    /// <summary>The broker that the rest is about.</summary>
    public string Url { get; init; } = "";

    /// <summary>Filters that may be subscribed there; those no longer wanted are given up at the next connection.</summary>
    public IReadOnlyList<string> Filters { get; init; } = [];

    /// <summary>The retained cards and configurations of before the first connection are there.</summary>
    public bool Synced { get; init; }

    /// <summary>Reads the file; a new identity where there is none, a state of its own for another broker.</summary>
    public static UpstreamState Load(string data, UpstreamOptions options)
    {
        var path = PathOf(data);
        var state = File.Exists(path) ? JsonSerializer.Deserialize<UpstreamState>(File.ReadAllText(path), Json) ?? new() : new();
        var id = options.ClientId ?? (state.ClientId.Length > 0 ? state.ClientId : $"cityedge-hub-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6))}");
        return state.Url == options.Url && state.ClientId == id ? state : new() { Url = options.Url, ClientId = id };
    }

    /// <summary>Writes the file, durably.</summary>
    public void Save(string data)
    {
        var path = PathOf(data);
        using (var file = new FileStream(path + ".new", FileMode.Create, FileAccess.Write))
        {
            file.Write(JsonSerializer.SerializeToUtf8Bytes(this, Json));
            file.Flush(flushToDisk: true);
        }
        File.Move(path + ".new", path, overwrite: true);
    }

    private static string PathOf(string data) => Path.Combine(data, "upstream.json");
}
