using System.Collections.Concurrent;
using System.Text.Json;
using CityEdge.Contracts;

namespace CityEdge.Edge;

/// <summary>
/// Answers commands: each once, though the wire may deliver it twice; unknown ones are refused, late ones are expired. A command is
/// <c>{"name":…,"args":{…},"expires":RFC 3339 or Unix seconds}</c>.
/// </summary>
internal sealed class CommandDesk(TimeProvider clock)
{
    private const int Remembered = 256;
    private static readonly JsonElement NoArguments = JsonDocument.Parse("{}").RootElement;
    private readonly ConcurrentDictionary<string, CommandHandler> handlers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CommandReply> answered = new(StringComparer.Ordinal);
    private readonly Queue<string> order = [];

    public void Add(string name, CommandHandler handler) => handlers[name] = handler;

    /// <summary>Not for concurrent calls: the link hands messages out one at a time.</summary>
    public async ValueTask<CommandReply> AnswerAsync(string id, ReadOnlyMemory<byte> payload, CancellationToken cancellation)
    {
        if (answered.TryGetValue(id, out var before)) return before;
        var reply = await CarryOutAsync(payload, cancellation).ConfigureAwait(false);
        answered[id] = reply;
        order.Enqueue(id);
        if (order.Count > Remembered) answered.Remove(order.Dequeue());
        return reply;
    }

    private async ValueTask<CommandReply> CarryOutAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellation)
    {
        string name;
        JsonElement args;
        try
        {
            using var document = JsonDocument.Parse(payload);
            if (Refuse(document.RootElement, out name, out args) is { } refusal) return refusal;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The second for text that is no Unicode, which is found only when it is read.
            return CommandReply.Refused($"the command is not JSON: {e.Message}");
        }
        if (!handlers.TryGetValue(name, out var handler))
            return CommandReply.Refused($"unknown command '{name}'; this agent knows {string.Join(", ", handlers.Keys.Order(StringComparer.Ordinal))}");
        try
        {
            return await handler(args, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            return CommandReply.Failed(e.Message);
        }
    }

    private CommandReply? Refuse(JsonElement root, out string name, out JsonElement args)
    {
        (name, args) = ("", NoArguments);
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("name", out var given) || given.ValueKind != JsonValueKind.String)
            return CommandReply.Refused("the command has no \"name\"; expected {\"name\":…,\"args\":{…},\"expires\":…}");
        name = given.GetString()!;
        if (root.TryGetProperty("expires", out var expires) && expires.ValueKind != JsonValueKind.Null)
        {
            if (!TryReadTime(expires, out var expiresMs)) return CommandReply.Refused("\"expires\" is neither an RFC 3339 time nor Unix seconds");
            var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
            if (expiresMs <= now) return CommandReply.Expired($"it expired at {Rfc3339.Format(expiresMs)}, and came at {Rfc3339.Format(now)}");
        }
        if (!root.TryGetProperty("args", out var arguments) || arguments.ValueKind == JsonValueKind.Null) return null;
        if (arguments.ValueKind != JsonValueKind.Object) return CommandReply.Refused("\"args\" is not an object");
        args = arguments.Clone();
        return null;
    }

    private static bool TryReadTime(JsonElement value, out long unixMs)
    {
        unixMs = 0;
        if (value.ValueKind == JsonValueKind.String) return Rfc3339.TryParse(value.GetString(), out unixMs);
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var seconds) ) return false;
        // Rfc3339 writes years 1 to 9999 only.
        unixMs = (long)(seconds * 1000);
        return seconds is > -62e9 and < 253e9;
    }
}
