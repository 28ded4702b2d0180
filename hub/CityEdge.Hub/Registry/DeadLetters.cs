using System.Security.Cryptography;
using System.Text;
using CityEdge.Contracts;
using Dapper;
using Microsoft.Data.Sqlite;

namespace CityEdge.Hub.Registry;

/// <summary>What could not be used, kept where it can be inspected: at most <see cref="MaxRows"/> rows, oldest out first, each payload cut at <see cref="MaxPayload"/> bytes.</summary>
public static class DeadLetters
{
    public const int MaxRows = 100_000;

    public const int MaxPayload = 65_536;

    /// <summary>A letter whose id is a hash of (position, index of the record in the message, reason): folding the journal record again gives the same one.</summary>
    public static DeadLetter Create(long position, long atMs, string? topic, string? device, RefusalReason reason, string message, int index, ReadOnlyMemory<byte> payload)
    {
        var word = RefusalReasons.Name(reason);
        var id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{position}|{index}|{word}|{(position < 0 ? $"{atMs}|{topic}|{message}" : "")}")).AsSpan(0, 12));
        return new DeadLetter(id, atMs, topic, device, word, message, position, payload[..Math.Min(payload.Length, MaxPayload)].ToArray());
    }

    /// <summary>Adds a letter; one with the same id is already there after a restart and changes nothing.</summary>
    public static void Add(SqliteConnection connection, DeadLetter letter)
    {
        connection.Execute(
            "insert or ignore into dead_letters (id, at, topic, device, reason, message, position, payload) values (@Id, @AtMs, @Topic, @Device, @Reason, @Message, @Position, @Payload)",
            letter);
    }

    /// <summary>Drops the oldest rows over the cap; returns how many.</summary>
    public static int Trim(SqliteConnection connection) => connection.Execute(
        "delete from dead_letters where rowid in (select rowid from dead_letters order by at, id limit max(0, (select count(*) from dead_letters) - @max))", new { max = MaxRows });

    /// <summary>One letter; null when there is none with this id.</summary>
    public static DeadLetter? Find(SqliteConnection connection, string id) =>
        connection.QueryFirstOrDefault("select id, at, topic, device, reason, message, position, payload from dead_letters where id = @id", new { id }) is { } row ? Of(row) : null;

    private static DeadLetter Of(dynamic r) => new((string)r.id, (long)r.at, (string?)r.topic, (string?)r.device, (string)r.reason, (string)r.message, (long)r.position, (byte[])r.payload);

    /// <summary>Newest first, below <paramref name="before"/> (row number) when given; second part is the cursor of the next page, null at the end.</summary>
    public static (IReadOnlyList<DeadLetter> Items, long? Next) List(SqliteConnection connection, string? reason, string? device, long? before, int limit)
    {
        var rows = connection.Query(
            """
            select rowid as row, id, at, topic, device, reason, message, position, payload from dead_letters
            where (@reason is null or reason = @reason) and (@device is null or device = @device) and (@before is null or rowid < @before)
            order by rowid desc limit @take
            """,
            new { reason, device, before, take = limit + 1 }).ToList();
        var items = rows.Take(limit).Select(r => (DeadLetter)Of(r)).ToList();
        return (items, rows.Count > limit ? (long)rows[limit - 1].row : null);
    }
}
