using CityEdge.Contracts;
using CityEdge.Hub.Tickets.Machine;
using Microsoft.Data.Sqlite;

namespace CityEdge.Hub.Tickets.Store;

/// <summary>Rows of <c>notices</c> as they are told.</summary>
internal static class NoticeRows
{
    private const string Gathered = "n.sent_at IS NULL AND n.gathered_at IS NOT NULL";

    private const string Columns = "n.id, n.ticket_id, n.seq, n.kind, n.at, n.created, t.severity FROM notices n JOIN tickets t ON t.id = n.ticket_id";

    public static IReadOnlyList<PendingNotice> Unsent(SqlSession sql, int limit) =>
        sql.All($"SELECT {Columns} WHERE n.sent_at IS NULL AND n.gathered_at IS NULL ORDER BY n.id LIMIT $1", Pending, limit);

    public static IReadOnlyList<PendingNotice> GatheredUpTo(SqlSession sql, long lastId, int limit) =>
        sql.All($"SELECT {Columns} WHERE {Gathered} AND n.id <= $1 ORDER BY n.id LIMIT $2", Pending, lastId, limit);

    public static GatheredNotices? Digest(SqlSession sql, int newest)
    {
        var (count, last, since) = sql.One($"SELECT count(*), max(n.id), min(n.gathered_at) FROM notices n WHERE {Gathered}", row => (row.GetInt64(0), row.LongOrNull(1), row.LongOrNull(2)));
        if (count == 0) return null;
        var counts = sql.All($"SELECT t.severity, t.category, count(DISTINCT t.id) AS tickets FROM notices n JOIN tickets t ON t.id = n.ticket_id WHERE {Gathered} AND n.id <= $1 GROUP BY t.severity, t.category ORDER BY tickets DESC, t.severity, t.category",
            row => new GatheredCount((Severity)row.GetInt64(0), row.GetString(1), (int)row.GetInt64(2)), last);
        var tickets = sql.All($"SELECT n.ticket_id FROM notices n WHERE {Gathered} AND n.id <= $1 GROUP BY n.ticket_id ORDER BY max(n.id) DESC LIMIT $2", row => row.GetString(0), last, newest);
        return new GatheredNotices(last!.Value, since!.Value, (int)count, counts.Sum(c => c.Tickets), counts, tickets);
    }

    public static void Gather(SqlSession sql, long id, long atMs) => sql.Run("UPDATE notices SET gathered_at = $2 WHERE id = $1 AND sent_at IS NULL AND gathered_at IS NULL", id, atMs);

    public static void MarkGatheredSent(SqlSession sql, long lastId, long atMs) => sql.Run("UPDATE notices SET sent_at = $2 WHERE sent_at IS NULL AND gathered_at IS NOT NULL AND id <= $1", lastId, atMs);

    private static PendingNotice Pending(SqliteDataReader row) =>
        new(row.GetInt64(0), row.GetString(1), row.GetInt64(2), Enum.Parse<NoticeKind>(row.GetString(3)), row.GetInt64(4), row.GetInt64(5), (Severity)row.GetInt64(6));
}
