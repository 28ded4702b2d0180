namespace CityEdge.Hub.Tickets.Machine;

/// <summary>Changes of a ticket's clocks.</summary>
internal static class TicketClocks
{
    public const string Accept = "accept", OnSite = "on_site", Safe = "safe", Fix = "fix", Triage = "triage", Callback = "callback";

    /// <summary>These clocks in the place of those of the same name.</summary>
    public static ValueList<TicketClock>? Put(ValueList<TicketClock>? clocks, ValueList<TicketClock>? started)
    {
        if (started is not { Count: > 0 }) return clocks;
        return [.. (clocks ?? []).Where(c => started.All(s => s.Name != c.Name)), .. started];
    }

    /// <summary>What they wait for has happened; those that have stopped keep their time. A deadline that is noticed late may lie before their start: no duration is negative.</summary>
    public static ValueList<TicketClock>? Stop(ValueList<TicketClock>? clocks, long atMs, params ReadOnlySpan<string> names)
    {
        if (clocks is null) return null;
        var after = new TicketClock[clocks.Count];
        for (var i = 0; i < after.Length; i++)
        {
            after[i] = clocks[i].StoppedMs is null && (names.Length == 0 || names.Contains(clocks[i].Name)) ? clocks[i] with { StoppedMs = Math.Max(atMs, clocks[i].StartMs) } : clocks[i];
        }
        return [.. after];
    }

    /// <summary>It had not happened after all: they count on from their start.</summary>
    public static ValueList<TicketClock>? Resume(ValueList<TicketClock>? clocks, Func<TicketClock, bool> which) =>
        clocks is null ? null : [.. clocks.Select(c => which(c) ? c with { StoppedMs = null } : c)];

    /// <summary>The next mark has fired.</summary>
    public static ValueList<TicketClock>? Fire(ValueList<TicketClock>? clocks, string? name) =>
        clocks is null ? null : [.. clocks.Select(c => c.Name == name ? c with { Fired = c.Fired + 1 } : c)];
}
