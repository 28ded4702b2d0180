using System.Text.Json;
using CityEdge.Hub.Tickets.Machine;
using Dapper;
using Microsoft.Data.Sqlite;

namespace CityEdge.Hub.Notification;

/// <summary>Rows of <c>deliveries</c> in <c>hub.db</c>.</summary>
public static class DeliveryTable
{
    /// <summary>Most rows that are done with; the oldest go first.</summary>
    public const int MaxDone = 100_000;

    /// <summary>How long a sent one is kept.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromDays(30);

    /// <summary>Its schema, made if missing.</summary>
    public const string Schema = """
        create table if not exists deliveries (id text primary key, ticket text, kind text, channel text not null, language text, state text not null, attempts integer not null, at integer not null, created integer not null,
            first_due integer not null, due integer not null, gather text, reminder integer not null, repeat text, sent_at integer, error text) without rowid;
        create index if not exists deliveries_due on deliveries (channel, due) where state = 'Pending';
        create index if not exists deliveries_dead on deliveries (channel) where state = 'Dead';
        create index if not exists deliveries_newest on deliveries (created, id);
        """;

    private const string Columns = "id, ticket, kind, channel, language, state, attempts, at, created, first_due, due, gather, reminder, repeat, sent_at, error";

    /// <summary>Adds a delivery; one that is there already stays as it is.</summary>
    public static void Add(SqliteConnection connection, Delivery delivery) => connection.Execute(
        $"insert or ignore into deliveries ({Columns}) values (@Id, @Ticket, @kind, @Channel, @Language, @state, @Attempts, @AtMs, @CreatedMs, @FirstDueMs, @DueMs, @Gather, @Reminder, @repeat, @SentMs, @Error)", Row(delivery));

    /// <summary>Writes what a try changed.</summary>
    public static void Save(SqliteConnection connection, Delivery delivery) => connection.Execute(
        "update deliveries set state = @state, attempts = @Attempts, first_due = @FirstDueMs, due = @DueMs, gather = @Gather, sent_at = @SentMs, error = @Error where id = @Id", Row(delivery));

    /// <summary>What a channel is to be sent now, the longest due first.</summary>
    public static IReadOnlyList<Delivery> Due(SqliteConnection connection, string channel, long nowMs, int limit) => Of(connection.Query(
        $"select {Columns} from deliveries where state = 'Pending' and channel = @channel and due <= @nowMs order by due, created, id limit @limit", new { channel, nowMs, limit }));

    /// <summary>All that is told in one message and not sent yet, in the order of <see cref="Due"/>.</summary>
    public static IReadOnlyList<Delivery> Gathered(SqliteConnection connection, string channel, string gather) => Of(connection.Query(
        $"select {Columns} from deliveries where state = 'Pending' and channel = @channel and gather = @gather order by due, created, id", new { channel, gather }));

    /// <summary>Whether the channel has something to send, now or later.</summary>
    public static bool Waits(SqliteConnection connection, string channel) => connection.ExecuteScalar<bool>("select exists (select 1 from deliveries where state = 'Pending' and channel = @channel)", new { channel });

    /// <summary>One delivery; null when there is none.</summary>
    public static Delivery? Find(SqliteConnection connection, string id) => Of(connection.Query($"select {Columns} from deliveries where id = @id", new { id })).FirstOrDefault();

    /// <summary>Newest first, below <paramref name="before"/> when given.</summary>
    public static (IReadOnlyList<Delivery> Items, string? Next) List(SqliteConnection connection, DeliveryState? state, string? channel, string? ticket, (long Created, string Id)? before, int limit)
    {
        var rows = Of(connection.Query(
            $"""
            select {Columns} from deliveries
            where (@state is null or state = @state) and (@channel is null or channel = @channel) and (@ticket is null or ticket = @ticket) and (@created is null or (created, id) < (@created, @id))
            order by created desc, id desc limit @take
            """,
            new { state = state?.ToString(), channel, ticket, created = before?.Created, id = before?.Id, take = limit + 1 }));
        return ([.. rows.Take(limit)], rows.Count > limit ? $"{rows[limit - 1].CreatedMs}.{rows[limit - 1].Id}" : null);
    }

    /// <summary>By channel, how many wait or are dead.</summary>
    public static IReadOnlyList<(string Channel, long Count)> Counts(SqliteConnection connection, DeliveryState state) =>
        [.. connection.Query<(string, long)>(state == DeliveryState.Dead ? "select channel, count(*) from deliveries where state = 'Dead' group by channel" : "select channel, count(*) from deliveries where state = 'Pending' group by channel")];

    /// <summary>Ends what waits for channels that are not configured any more; returns how many.</summary>
    public static int Orphans(SqliteConnection connection, IReadOnlyCollection<string> channels) => connection.Execute(
        "update deliveries set state = 'Dead', error = 'the channel is not in notify.channels any more' where state = 'Pending' and channel not in @channels", new { channels = channels.DefaultIfEmpty("") });

    /// <summary>Forgets what was sent or stopped long ago, and the oldest of what is done with above <see cref="MaxDone"/>; returns how many.</summary>
    public static int Trim(SqliteConnection connection, long nowMs) =>
        connection.Execute("delete from deliveries where state in ('Sent', 'Stopped') and created < @before", new { before = nowMs - (long)Kept.TotalMilliseconds })
        + connection.Execute("delete from deliveries where id in (select id from deliveries where state <> 'Pending' order by created, id limit max(0, (select count(*) from deliveries where state <> 'Pending') - @max))", new { max = MaxDone });

    private static object Row(Delivery d) => new
    {
        d.Id, d.Ticket, kind = d.Kind?.ToString(), d.Channel, d.Language, state = d.State.ToString(), d.Attempts, d.AtMs, d.CreatedMs, d.FirstDueMs, d.DueMs, d.Gather, d.Reminder,
        repeat = d.Repeat is { Count: > 0 } repeat ? JsonSerializer.Serialize(repeat) : null, d.SentMs, d.Error,
    };

    private static List<Delivery> Of(IEnumerable<dynamic> rows) => [.. rows.Select(r => new Delivery(
        (string)r.id, (string?)r.ticket, r.kind is null ? null : Enum.Parse<NoticeKind>((string)r.kind), (string)r.channel, (string?)r.language, Enum.Parse<DeliveryState>((string)r.state), (int)(long)r.attempts, (long)r.at, (long)r.created,
        (long)r.first_due, (long)r.due, (string?)r.gather, (int)(long)r.reminder, r.repeat is null ? [] : JsonSerializer.Deserialize<int[]>((string)r.repeat), (long?)r.sent_at, (string?)r.error))];
}
