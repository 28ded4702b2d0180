using System.Text.Json;
using CityEdge.Contracts;
using Dapper;
using Microsoft.Data.Sqlite;

namespace CityEdge.Hub.Registry;

/// <summary>Device events, keyed by CloudEvents (source, id) and the device that sent it, so that one sent twice is one and no device can suppress another's; at most <see cref="MaxRows"/>, oldest out first.</summary>
public static class EventTable
{
    public const int MaxRows = 200_000;

    public static void Add(SqliteConnection connection, string device, CloudEvent cloudEvent, long arrivalMs) => connection.Execute(
        "insert or ignore into events (source, id, type, subject, device, at, data) values (@Source, @Id, @Type, @Subject, @device, @at, @data)",
        new { cloudEvent.Source, cloudEvent.Id, cloudEvent.Type, cloudEvent.Subject, device, at = cloudEvent.TimeMs ?? arrivalMs, data = cloudEvent.Data?.GetRawText() });

    /// <summary>Drops the oldest rows over the cap; returns how many.</summary>
    public static int Trim(SqliteConnection connection) =>
        connection.Execute("delete from events where rowid in (select rowid from events order by at limit max(0, (select count(*) from events) - @max))", new { max = MaxRows });

    /// <summary>Newest first; the second part is the cursor of the next page, null at the end.</summary>
    public static (IReadOnlyList<EventRow> Items, long? Next) List(SqliteConnection connection, string? device, string? type, long? before, int limit)
    {
        var rows = connection.Query(
            """
            select rowid as row, source, id, type, subject, device, at, data from events
            where (@device is null or device = @device) and (@type is null or type = @type) and (@before is null or rowid < @before) order by rowid desc limit @take
            """,
            new { device, type, before, take = limit + 1 }).ToList();
        var items = rows.Take(limit).Select(r => new EventRow((string)r.id, (string)r.source, (string)r.type, (string?)r.subject, (string)r.device,
            DateTimeOffset.FromUnixTimeMilliseconds((long)r.at), (string?)r.data is { } data ? JsonSerializer.Deserialize<JsonElement>(data) : null)).ToList();
        return (items, rows.Count > limit ? (long)rows[limit - 1].row : null);
    }
}
