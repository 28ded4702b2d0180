using CityEdge.Contracts;
using CityEdge.Hub.Tickets.Machine;
using Microsoft.Data.Sqlite;

namespace CityEdge.Hub.Tickets.Store;

/// <summary>Rows of <c>alarms</c> and <c>alarm_changes</c>.</summary>
internal static class AlarmRows
{
    private const string Columns = "id, rule, point, no_data, severity, active, raised_at, cleared_at, verify_since, verify_for, ticket_id, episode, superseded";

    /// <summary>False when this transition was applied before.</summary>
    public static bool FirstTime(SqlSession sql, AlarmInput input, long nowMs)
    {
        var t = input.Transition;
        return sql.Run(
            "INSERT OR IGNORE INTO alarm_changes (alarm_id, change, at, severity, value, reason, arrived_at, recorded_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            t.AlarmId, t.Change.ToString(), t.AtMs, (int)t.Severity, Finite(t.Value), t.Reason.ToString(), input.ArrivalMs, nowMs) > 0;
    }

    public static AlarmFacts? Load(SqlSession sql, string id) => sql.One($"SELECT {Columns} FROM alarms WHERE id = $1", Map, id);

    public static AlarmFacts? ActiveOn(SqlSession sql, string rule, string point, bool noData) =>
        sql.One($"SELECT {Columns} FROM alarms WHERE rule = $1 AND point = $2 AND no_data = $3 AND active = 1", Map, rule, point, noData ? 1 : 0);

    /// <summary>The occurrence whose place in the ticket's verification a new one takes.</summary>
    public static AlarmFacts? Replaced(SqlSession sql, string ticket, int episode, AlarmFacts by) => sql.One(
        $"SELECT {Columns} FROM alarms WHERE ticket_id = $1 AND episode = $2 AND rule = $3 AND point = $4 AND no_data = $5 AND superseded = 0 AND id <> $6 ORDER BY raised_at DESC LIMIT 1",
        Map, ticket, episode, by.Rule, by.Point, by.NoData ? 1 : 0, by.Id);

    /// <summary>Alarms that count in a ticket's episode.</summary>
    public static List<AlarmFacts> Counting(SqlSession sql, string ticket, int episode) =>
        sql.All($"SELECT {Columns} FROM alarms WHERE ticket_id = $1 AND episode = $2 AND superseded = 0 ORDER BY raised_at, id", Map, ticket, episode);

    public static AlarmFacts Insert(SqlSession sql, AlarmInput input, bool active, long? clearedAtMs)
    {
        var t = input.Transition;
        var alarm = new AlarmFacts
        {
            Id = t.AlarmId,
            Rule = t.Rule,
            Point = t.Point.ToString(),
            NoData = t.NoData,
            Severity = t.Severity,
            Active = active,
            RaisedAtMs = t.RaisedAtMs,
            ClearedAtMs = clearedAtMs,
            VerifyForMs = (long)input.Policy.VerifyFor.TotalMilliseconds,
        };
        sql.Run(
            """
            INSERT INTO alarms (id, rule, rule_version, point, no_data, site, asset, incident_key, severity, active, raised_at, cleared_at, value, reason, dispatch, arrived_at, verify_for)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
            """,
            alarm.Id, alarm.Rule, t.RuleVersion, alarm.Point, alarm.NoData ? 1 : 0, input.Site, input.Asset, input.IncidentKey, (int)alarm.Severity, active ? 1 : 0, alarm.RaisedAtMs,
            clearedAtMs, Finite(t.Value), t.Reason.ToString(), t.Dispatch ? 1 : 0, input.ArrivalMs, alarm.VerifyForMs);
        return alarm;
    }

    public static void SetSeverity(SqlSession sql, string id, Severity severity, double? value, AlarmReason reason) =>
        sql.Run("UPDATE alarms SET severity = $2, value = $3, reason = $4 WHERE id = $1", id, (int)severity, Finite(value), reason.ToString());

    public static void SetDispatched(SqlSession sql, string id, Severity severity, AlarmReason reason) =>
        sql.Run("UPDATE alarms SET dispatch = 1, severity = $2, reason = $3 WHERE id = $1", id, (int)severity, reason.ToString());

    public static void SetCleared(SqlSession sql, string id, long atMs, AlarmReason reason) =>
        sql.Run("UPDATE alarms SET active = 0, cleared_at = $2, reason = $3 WHERE id = $1", id, atMs, reason.ToString());

    public static void SetReopened(SqlSession sql, string id, Severity severity, AlarmReason reason) =>
        sql.Run("UPDATE alarms SET active = 1, cleared_at = NULL, superseded = 0, severity = $2, reason = $3 WHERE id = $1", id, (int)severity, reason.ToString());

    public static void SetVerify(SqlSession sql, string id, long? sinceMs) => sql.Run("UPDATE alarms SET verify_since = $2 WHERE id = $1", id, sinceMs);

    public static void SetTicket(SqlSession sql, string id, string ticket, int episode) =>
        sql.Run("UPDATE alarms SET ticket_id = $2, episode = $3 WHERE id = $1", id, ticket, episode);

    public static void SetSuperseded(SqlSession sql, string id) => sql.Run("UPDATE alarms SET superseded = 1 WHERE id = $1", id);

    // JSON and SQL know no NaN and no infinity.
    private static double? Finite(double? value) => value is { } number && double.IsFinite(number) ? number : null;

    private static AlarmFacts Map(SqliteDataReader row) => new()
    {
        Id = row.GetString(0),
        Rule = row.GetString(1),
        Point = row.GetString(2),
        NoData = row.GetInt64(3) != 0,
        Severity = (Severity)row.GetInt64(4),
        Active = row.GetInt64(5) != 0,
        RaisedAtMs = row.GetInt64(6),
        ClearedAtMs = row.LongOrNull(7),
        VerifySinceMs = row.LongOrNull(8),
        VerifyForMs = row.GetInt64(9),
        Ticket = row.TextOrNull(10),
        Episode = (int)row.GetInt64(11),
        Superseded = row.GetInt64(12) != 0,
    };
}
