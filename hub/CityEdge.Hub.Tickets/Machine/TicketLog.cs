using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace CityEdge.Hub.Tickets.Machine;

/// <summary>The log of a ticket: numbering, hash chain, replay. SHA-256 over length-prefixed fields, so that no two different lines hash alike.</summary>
public static class TicketLog
{
    /// <summary>How payloads and projections are written: snake_case, nulls left out.</summary>
    public static JsonSerializerOptions Json { get; } = CreateOptions();

    /// <summary>What the first line chains to.</summary>
    public static byte[] Genesis => new byte[SHA256.HashSizeInBytes];

    /// <summary>Numbers and chains a decided line.</summary>
    public static TicketEvent Append(string ticketId, long seq, TicketEventDraft draft, long recordedAtMs, byte[] prevHash)
    {
        var line = new TicketEvent(
            ticketId, seq, draft.Type, draft.Actor, draft.Role, draft.AtMs, recordedAtMs, draft.From, draft.To, JsonSerializer.Serialize(draft.Data, Json), prevHash, []);
        return line with { Hash = Hash(line) };
    }

    /// <summary>Payload of a line.</summary>
    public static TicketEventData Data(TicketEvent line) => JsonSerializer.Deserialize<TicketEventData>(line.Payload, Json)!;

    /// <summary>Folds a whole log; null for an empty one.</summary>
    public static TicketRecord? Replay(IEnumerable<TicketEvent> lines)
    {
        TicketRecord? ticket = null;
        foreach (var line in lines) ticket = TicketFold.Apply(ticket, line);
        return ticket;
    }

    /// <summary>The first line that was changed, removed or put in; null when the chain holds. <paramref name="head"/>, where known, also proves the end.</summary>
    public static string? FirstBreak(IEnumerable<TicketEvent> lines, byte[]? head = null)
    {
        var previous = Genesis;
        long seq = 0;
        foreach (var line in lines)
        {
            if (line.Seq != ++seq) return $"ticket {line.TicketId}: line {seq} is missing (found {line.Seq})";
            if (!line.PrevHash.AsSpan().SequenceEqual(previous)) return $"ticket {line.TicketId} line {seq}: does not follow the line before it";
            if (!line.Hash.AsSpan().SequenceEqual(Hash(line))) return $"ticket {line.TicketId} line {seq}: content and hash differ";
            previous = line.Hash;
        }
        return head is null || head.AsSpan().SequenceEqual(previous) ? null : $"log ends at line {seq}, but the ticket's last hash is another: lines were cut off";
    }

    private static byte[] Hash(TicketEvent line)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(line.PrevHash);
        Text(line.TicketId);
        Number(line.Seq);
        Text(line.Type.ToString());
        Text(line.Actor);
        Text(line.Role);
        Number(line.AtMs);
        Number(line.RecordedAtMs);
        Text(line.From is { } from ? TicketStates.Name(from) : "");
        Text(TicketStates.Name(line.To));
        Text(line.Payload);
        return hash.GetHashAndReset();

        void Number(long value)
        {
            Span<byte> bytes = stackalloc byte[8];
            BinaryPrimitives.WriteInt64BigEndian(bytes, value);
            hash.AppendData(bytes);
        }

        void Text(string value)
        {
            var bytes = Encoding.UTF8.GetBytes(value);
            Number(bytes.Length);
            hash.AppendData(bytes);
        }
    }

    private static JsonSerializerOptions CreateOptions()
    {
        var options = new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            Converters = { new JsonStringEnumConverter(namingPolicy: null, allowIntegerValues: false) },
            Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        };
        // Options' converters win over a type's attribute: the lower-kebab ones must come first.
        options.Converters.Insert(0, new KebabCaseEnumConverter<TicketState>());
        options.Converters.Insert(0, new KebabCaseEnumConverter<TicketOutcome>());
        options.Converters.Insert(0, new KebabCaseEnumConverter<TicketOrigin>());
        options.Converters.Insert(0, new KebabCaseEnumConverter<EscalationLevel>());
        options.Converters.Insert(0, new KebabCaseEnumConverter<OperatingMode>());
        options.Converters.Insert(0, new KebabCaseEnumConverter<DayOfWeek>());
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
