using CityEdge.Contracts;

namespace CityEdge.Hub.Tickets.Store;

/// <summary>Rows of <c>shelves</c>, <c>maintenance</c> and <c>alarm_acts</c>, and what the desk writes on an alarm.</summary>
internal static class DeskRows
{
    private const int MostActs = 50;

    /// <summary>Coming back unacknowledged, an alarm has been seen by nobody.</summary>
    public static void SetStanding(SqlSession sql, string alarm, AlarmStanding standing, SuppressionReason? reason, string? by, bool chattering) => sql.Run(
        "UPDATE alarms SET standing = $2, suppressed = $3, suppressed_by = $4, chattering = $5, acked_at = CASE $2 WHEN 'ActiveUnack' THEN NULL ELSE acked_at END, acked_by = CASE $2 WHEN 'ActiveUnack' THEN NULL ELSE acked_by END WHERE id = $1",
        alarm, standing.ToString(), reason?.ToString(), by, chattering ? 1 : 0);

    public static void Act(SqlSession sql, AlarmAct act)
    {
        // Told again after every crash.
        if (act.Action == DeskAction.SeenAtEdge && sql.One("SELECT 1 FROM alarm_acts WHERE rule = $1 AND point = $2 AND alarm = $3 AND action = 'SeenAtEdge'", row => row.GetString(0), act.Rule, act.Point, act.Alarm) is not null) return;
        sql.Run("INSERT INTO alarm_acts (action, alarm, rule, point, until, actor, reason, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            act.Action.ToString(), act.Alarm, act.Rule, act.Point, act.UntilMs, act.Actor, act.Reason, act.AtMs);
        switch (act.Action)
        {
            case DeskAction.Ack:
                // The first who saw it stays named. One that is over is thereby done with; one that the desk does not follow (a fault of the hub itself) is seen.
                sql.Run("UPDATE alarms SET acked_at = $2, acked_by = $3, standing = CASE WHEN active = 0 THEN 'Normal' ELSE coalesce(standing, 'ActiveAck') END WHERE id = $1 AND acked_at IS NULL", act.Alarm, act.AtMs, act.Actor);
                break;
            case DeskAction.Shelve:
                // Shelves that have ended are no use to anyone; the acts keep the story.
                sql.Run("DELETE FROM shelves WHERE until <= $1", act.AtMs);
                sql.Run("INSERT OR REPLACE INTO shelves (rule, point, until, actor, reason, at) VALUES ($1, $2, $3, $4, $5, $6)", act.Rule, act.Point, act.UntilMs, act.Actor, act.Reason ?? "", act.AtMs);
                break;
            case DeskAction.Unshelve:
                sql.Run("DELETE FROM shelves WHERE rule = $1 AND point = $2", act.Rule, act.Point);
                break;
        }
    }

    public static void Put(SqlSession sql, Maintenance window) => sql.Run(
        "INSERT OR REPLACE INTO maintenance (id, asset, point, rule, from_ms, length_ms, rrule, reason, actor, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        window.Id, window.Asset, window.Point, window.Rule, window.FromMs, window.LengthMs, window.Rrule, window.Reason, window.Actor, window.AtMs);

    public static void RemoveMaintenance(SqlSession sql, string id) => sql.Run("DELETE FROM maintenance WHERE id = $1", id);

    public static IReadOnlyList<Maintenance> Windows(SqlSession sql) => sql.All("SELECT id, asset, point, rule, from_ms, length_ms, rrule, reason, actor, at FROM maintenance ORDER BY id",
        row => new Maintenance(row.GetString(0), row.TextOrNull(1), row.TextOrNull(2), row.TextOrNull(3), row.GetInt64(4), row.GetInt64(5), row.TextOrNull(6), row.GetString(7), row.GetString(8), row.GetInt64(9)));

    public static IReadOnlyList<Shelf> Shelves(SqlSession sql) => sql.All("SELECT rule, point, until, actor, reason, at FROM shelves ORDER BY until, rule, point",
        row => new Shelf(row.GetString(0), row.GetString(1), Ms(row.GetInt64(2)), row.GetString(3), row.GetString(4), Ms(row.GetInt64(5))));

    /// <summary>The latest acts of people on a rule and point, the oldest of them first.</summary>
    public static IReadOnlyList<AlarmActView> Acts(SqlSession sql, string rule, string point)
    {
        var acts = sql.All("SELECT at, actor, action, alarm, until, reason FROM alarm_acts WHERE rule = $1 AND point = $2 AND action <> 'SeenAtEdge' ORDER BY id DESC LIMIT $3",
            row => new AlarmActView(Ms(row.GetInt64(0)), row.GetString(1), Enum.Parse<DeskAction>(row.GetString(2)), row.GetString(3), row.LongOrNull(4) is { } until ? Ms(until) : null, row.TextOrNull(5)), rule, point, MostActs);
        acts.Reverse();
        return acts;
    }

    private static DateTimeOffset Ms(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms);
}
