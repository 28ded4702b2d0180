using System.Text.Json;
using CityEdge.Hub.Tickets.Machine;

namespace CityEdge.Hub.Tickets.Store;

/// <summary>What the desk goes by now: the newest row of each kind in <c>desk_settings</c>.</summary>
internal sealed record DeskSettings(long Version, SlaBook? Book, OperatingMode Mode, ResponsibilityCatalogue? Catalogue)
{
    public const string Sla = "sla", OperatingModeKind = "mode", Catalogues = "catalogue";

    private const string Columns = "version, body, actor, reason, at";

    /// <summary>Read again only when there is a newer row. What this work itself has written is not remembered: the work may be rolled back, and its number be given again.</summary>
    public static DeskSettings Of(SqlSession sql, bool written)
    {
        var version = sql.One("SELECT coalesce(max(version), 0) FROM desk_settings", row => row.GetInt64(0));
        if (!written && sql.Settings is { } known && known.Version == version) return known;
        var mode = Latest(sql, OperatingModeKind);
        var catalogue = Latest(sql, Catalogues);
        var rows = catalogue is null ? [] : Read<ResponsibilityRow[]>(catalogue.Body);
        var now = new DeskSettings(
            version, Latest(sql, Sla) is { } book ? Read<SlaBook>(book.Body) : null, mode is null ? default : Read<OperatingMode>(mode.Body), rows.Length == 0 ? null : new((int)catalogue!.Version, rows));
        if (!written) sql.Settings = now;
        return now;
    }

    public static SettingRow? Latest(SqlSession sql, string kind) => sql.One(
        $"SELECT {Columns} FROM desk_settings WHERE kind = $1 ORDER BY version DESC LIMIT 1", row => new SettingRow(row.GetInt64(0), row.GetString(1), row.GetString(2), row.TextOrNull(3), row.GetInt64(4)), kind);

    public static long Put<T>(SqlSession sql, string kind, T body, string actor, string? reason, long nowMs) => sql.One(
        "INSERT INTO desk_settings (kind, body, actor, reason, at) VALUES ($1, $2, $3, $4, $5) RETURNING version", row => row.GetInt64(0),
        kind, JsonSerializer.Serialize(body, TicketLog.Json), actor, reason, nowMs);

    public static T Read<T>(string body) => JsonSerializer.Deserialize<T>(body, TicketLog.Json)!;
}

/// <summary>A row of <c>desk_settings</c>.</summary>
internal sealed record SettingRow(long Version, string Body, string Actor, string? Reason, long AtMs);
