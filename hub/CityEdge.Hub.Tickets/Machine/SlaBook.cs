namespace CityEdge.Hub.Tickets.Machine;

/// <summary>All promises: sets by name, reminders, steps up, working time. Replaced as a whole; a running clock keeps the marks that it started with.</summary>
/// <param name="Sets">By name: those of the severities, and templates that a rule's <c>sla</c> or the catalogue names.</param>
/// <param name="RemindAtPercent">Of a clock's time (§5.2 T26).</param>
/// <param name="EscalateEveryMinutes">After the end of the fix clock, from level to level.</param>
/// <param name="Calendar">Working time.</param>
/// <param name="Limits">Figures of the guards.</param>
public sealed record SlaBook(IReadOnlyDictionary<string, SlaSet> Sets, IReadOnlyList<int> RemindAtPercent, int EscalateEveryMinutes, WorkCalendar Calendar, TicketLimits Limits)
{
    private const string EJ = "EJ";

    /// <summary>The domain's §6 and §1: what it marks EJ, and what has no mark, is engineering judgement and no standard.</summary>
    public static SlaBook Default { get; } = new(
        new Dictionary<string, SlaSet>
        {
            ["P1"] = new(new(5, EJ), new(30, "S1, lift rule"), new(120, "P"), new(1440, EJ), new(15, EJ), new(1440, EJ)),
            ["P2"] = new(new(15, EJ), new(120, "P, Qingdao"), null, new(1440, "P"), new(15, EJ), new(1440, EJ), "P1"),
            ["P3"] = new(new(120, EJ), new(1440, EJ), null, new(2880, "S2, S3"), new(120, EJ), new(1440, EJ), "P2"),
            ["P4"] = new(new(480, EJ, Working: true), null, null, new(10_080, "P"), new(120, EJ), new(1440, EJ), "P3"),
            ["P5"] = new(null, null, null, new(21_600, "P"), new(120, EJ), new(1440, EJ), "P4"),
            ["nanchang-1-3-5"] = new(new(1, "S4"), new(3, "S4"), null, new(5, "S4"), new(1, EJ), new(1440, EJ)),
            ["arrive-5min"] = new(new(1, EJ), new(5, "S2"), null, new(2880, "S2"), new(1, EJ), new(1440, EJ)),
        },
        [50, 80], 2880, WorkCalendar.Default, TicketLimits.Default);

    /// <summary>What is wrong with it, by key; empty when it can be used.</summary>
    public IReadOnlyList<(string Key, string Message)> Problems()
    {
        List<(string, string)> wrong = [];
        if (Sets is not { Count: > 0 } || RemindAtPercent is null || Calendar is null || Limits is null) return [("", "needs sets, remind_at_percent, escalate_every_minutes, calendar, limits")];
        foreach (var (name, set) in Sets)
        {
            if (set.Emergency is { } other && !Sets.ContainsKey(other)) wrong.Add(($"sets.{name}.emergency", $"there is no set {other}"));
            foreach (var (part, time) in set.Parts())
            {
                if (time is { Minutes: < 1 or > 525_600 }) wrong.Add(($"sets.{name}.{part}.minutes", "is 1 to 525600, a year"));
                if (time is not null && string.IsNullOrWhiteSpace(time.Source)) wrong.Add(($"sets.{name}.{part}.source", "says where the figure comes from; EJ for a judgement of your own"));
            }
        }
        foreach (var severity in (string[])["P1", "P2", "P3", "P4", "P5"])
        {
            if (!Sets.ContainsKey(severity)) wrong.Add(($"sets.{severity}", "is missing: rules without an sla use it"));
        }
        if (RemindAtPercent.Any(p => p is < 1 or > 99) || RemindAtPercent.Zip(RemindAtPercent.Skip(1)).Any(p => p.First >= p.Second)) wrong.Add(("remind_at_percent", "rises, each 1 to 99"));
        if (EscalateEveryMinutes is < 1 or > 525_600) wrong.Add(("escalate_every_minutes", "is 1 to 525600, a year"));
        if (Calendar.From >= Calendar.To) wrong.Add(("calendar.to", "is after calendar.from, on the same day"));
        if (Calendar.OffsetMinutes is < -720 or > 840) wrong.Add(("calendar.offset_minutes", "is -720 to 840; Shanghai has 480"));
        if (Calendar.Days is not { Count: > 0 } || Calendar.Holidays is null || Calendar.Workdays is null) wrong.Add(("calendar", "needs days, holidays and workdays"));
        if (Limits is not { MaxReturns: >= 0, ReturnWithinMs: > 0, ArriveWithinM: > 0, ReportInMs: > 0, HoldMaxMs: > 0, CallbackTries: > 0, CallbackDays: > 0, NotFixedWithinMs: > 0, UnmergeWithinMs: > 0 }) wrong.Add(("limits", "are greater than 0"));
        return wrong;
    }
}
