using CityEdge.Hub.Tickets.Machine;
using Microsoft.Data.Sqlite;

namespace CityEdge.Hub.Tickets.Store;

/// <summary>Rows of <c>complaints</c>, <c>complaint_reporters</c>, <c>complaint_keys</c> and <c>ticket_places</c>.</summary>
internal static class ComplaintRows
{
    private const string Columns =
        "c.id, c.channel, c.external_id, c.kind, c.category, c.text, c.site, c.asset, c.lat, c.long, c.address, c.at, c.received_at, c.actor, c.ticket_id, c.linked, r.complaint_id, r.name, r.phone, t.body";

    private const string From = "complaints c LEFT JOIN complaint_reporters r ON r.complaint_id = c.id LEFT JOIN tickets t ON t.id = c.ticket_id";

    private const string PlaceColumns = "c.id, c.at, c.asset, c.path, c.lat, c.long, c.is_area";

    private static readonly string WorkKinds = $"('{ComplaintKind.Complaint}', '{ComplaintKind.Need}')";

    public static bool IsWork(ComplaintKind kind) => kind is ComplaintKind.Complaint or ComplaintKind.Need;

    public static void Insert(SqlSession sql, ComplaintInput c)
    {
        sql.Run(
            """
            INSERT INTO complaints (id, channel, external_id, kind, category, text, site, asset, path, is_area, lat, long, address, at, received_at, actor, linked)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
            """,
            c.Id, c.Channel, c.ExternalId, c.Kind.ToString(), c.Category, c.Text, c.Site, c.Place.Asset, Write(c.Place.Path), c.Place.IsArea ? 1 : 0, c.Place.Lat, c.Place.Long, c.Address, c.AtMs, c.NowMs,
            c.Actor, ComplaintLink.None.ToString());
        if (c.Reporter is { } reporter) sql.Run("INSERT INTO complaint_reporters (complaint_id, name, phone, received_at) VALUES ($1, $2, $3, $4)", c.Id, reporter.Name, reporter.Phone, c.NowMs);
    }

    public static void SetTicket(SqlSession sql, string id, string ticket, ComplaintLink linked, long nowMs) =>
        sql.Run("UPDATE complaints SET ticket_id = $2, linked = $3, linked_at = $4 WHERE id = $1", id, ticket, linked.ToString(), nowMs);

    public static void AddPlace(SqlSession sql, string ticket, CityPlace place) =>
        sql.Run("INSERT OR IGNORE INTO ticket_places (ticket_id, path, asset, lat, long) VALUES ($1, $2, $3, $4, $5)", ticket, Write(place.Path), place.Asset, place.Lat, place.Long);

    public static ComplaintView? One(SqlSession sql, string id) => sql.One($"SELECT {Columns} FROM {From} WHERE c.id = $1", View, id);

    public static string? BySource(SqlSession sql, string channel, string externalId) =>
        sql.One("SELECT id FROM complaints WHERE channel = $1 AND external_id = $2", row => row.GetString(0), channel, externalId);

    /// <summary>Complaints that are work and have no ticket, made from one time to another.</summary>
    public static List<ComplaintSighting> Waiting(SqlSession sql, string category, long fromMs, long toMs) => sql.All(
        $"SELECT {PlaceColumns} FROM complaints c WHERE category = $1 AND ticket_id IS NULL AND at >= $2 AND at <= $3 AND kind IN {WorkKinds} ORDER BY at, id", Sighting, category, fromMs, toMs);

    /// <summary>Who made the complaint can be called.</summary>
    public static bool HasPhone(SqlSession sql, string complaint) => sql.One("SELECT 1 FROM complaint_reporters WHERE complaint_id = $1 AND phone <> ''", row => row.GetInt64(0), complaint) == 1;

    /// <summary>All complaints of a category that are work, made with from ≤ t &lt; to, by time.</summary>
    public static List<ComplaintSighting> Sightings(SqlSession sql, string category, long fromMs, long toMs) => sql.All(
        $"SELECT {PlaceColumns} FROM complaints c WHERE category = $1 AND at >= $2 AND at < $3 AND kind IN {WorkKinds} ORDER BY at, id", Sighting, category, fromMs, toMs);

    /// <summary>Deletes who complained, and the long numbers in what they said; what is deleted is overwritten in the file.</summary>
    public static int Forget(SqlSession sql, string where, object value)
    {
        var texts = sql.All($"SELECT c.id, c.text FROM complaints c JOIN complaint_reporters r ON r.complaint_id = c.id WHERE r.{where}", row => (Id: row.GetString(0), Text: row.GetString(1)), value);
        if (texts.Count == 0) return 0;
        sql.Run("PRAGMA secure_delete = ON");
        try
        {
            foreach (var (id, text) in texts)
            {
                sql.Run("DELETE FROM complaint_reporters WHERE complaint_id = $1", id);
                if (Reporter.WithoutNumbers(text) is var kept && kept != text) sql.Run("UPDATE complaints SET text = $2 WHERE id = $1", id, kept);
            }
        }
        finally
        {
            sql.Run("PRAGMA secure_delete = OFF");
        }
        return texts.Count;
    }

    public static List<ComplaintView> List(SqlSession sql, string where, ReadOnlySpan<object?> args) => sql.All($"SELECT {Columns} FROM {From} WHERE {where}", View, args);

    public static CityPlace Place(string? asset, string path, double? lat, double? lon, bool isArea) => new(asset, path.Split('|', StringSplitOptions.RemoveEmptyEntries), lat, lon, isArea);

    private static string Write(IReadOnlyList<string> path) => path.Count == 0 ? "" : $"|{string.Join('|', path)}|";

    private static ComplaintSighting Sighting(SqliteDataReader row) => new(
        row.GetString(0), row.GetInt64(1), Place(row.TextOrNull(2), row.GetString(3), row.DoubleOrNull(4), row.DoubleOrNull(5), row.GetInt64(6) != 0));

    private static ComplaintView View(SqliteDataReader row)
    {
        var at = row.GetInt64(11);
        return new ComplaintView
        {
            Id = row.GetString(0),
            Channel = row.GetString(1),
            ExternalId = row.TextOrNull(2),
            Kind = Enum.Parse<ComplaintKind>(row.GetString(3)),
            Category = row.GetString(4),
            Text = row.GetString(5),
            Site = row.GetString(6),
            Asset = row.TextOrNull(7),
            Lat = row.DoubleOrNull(8),
            Long = row.DoubleOrNull(9),
            Address = row.TextOrNull(10),
            At = DateTimeOffset.FromUnixTimeMilliseconds(at),
            ReceivedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(12)),
            Actor = row.GetString(13),
            Ticket = row.TextOrNull(14),
            Linked = Enum.Parse<ComplaintLink>(row.GetString(15)),
            LeadSeconds = row.TextOrNull(19) is { } body && TicketRows.Parse(body) is { OpenedAtMs: { } opened } ticket && (ticket.AlarmCount > 0 || ticket.Opening.Origin == TicketOrigin.Proactive) ? (at - opened) / 1000.0 : null,
            Reporter = row.TextOrNull(16) is null ? null : new Reporter(row.TextOrNull(17), row.TextOrNull(18)),
        };
    }
}
