namespace CityEdge.Hub.Tickets.Machine;

/// <summary>What the lines of <see cref="TicketTable"/> tell besides what came with the trigger: everything that the fold must know.</summary>
internal static class TicketFills
{
    /// <summary>The catalogue's unit.</summary>
    public static TicketEventData ByCatalogue(TicketRecord ticket, TriggerContext context)
    {
        var to = context.Facts.Assignment!;
        return context.Data with
        {
            Unit = to.Lead, Units = to.CoUnits.Count > 0 ? to.CoUnits : null, Catalogue = to.Catalogue, Sla = to.Sla, NeedsPhotos = to.NeedsPhotos ? true : null,
        };
    }

    /// <summary>The dispatcher's unit; where the catalogue says another, or nothing, that is a gap of it.</summary>
    public static TicketEventData ByDispatcher(TicketRecord ticket, TriggerContext context)
    {
        var unit = context.Args.Text("unit")!;
        var named = context.Facts.Assignment;
        return context.Data with
        {
            Unit = unit,
            Units = context.Args.Texts("co_units") is { Count: > 0 } co ? co : null,
            Gap = named?.Lead == unit ? null : true,
            Catalogue = named?.Lead == unit ? named.Catalogue : null,
            Sla = named?.Lead == unit ? named.Sla : ticket.Sla,
            NeedsPhotos = named is { NeedsPhotos: true } ? true : null,
        };
    }

    public static TicketEventData Unit(TicketRecord ticket, TriggerContext context) => context.Data with { Unit = context.Args.Text("unit") ?? ticket.Offered ?? ticket.Lead };

    public static TicketEventData Crew(TicketRecord ticket, TriggerContext context) => context.Data with { Crew = context.Args.Text("crew") };

    public static TicketEventData Calls(TicketRecord ticket, TriggerContext context) =>
        context.Data with { Units = context.Args.Texts("units"), UntilMs = context.AtMs + context.Facts.Limits.ReportInMs };

    public static TicketEventData ReportIn(TicketRecord ticket, TriggerContext context) =>
        context.Data with { Unit = context.Args.Text("unit"), Remote = context.Args.Flag("remote") ? true : null };

    public static TicketEventData Late(TicketRecord ticket, TriggerContext context) =>
        context.Data with { Unit = LateUnit(ticket, context.AtMs), LateMs = context.Facts.LateMs };

    public static TicketEventData Until(TicketRecord ticket, TriggerContext context) => context.Data with { UntilMs = context.Args.TimeMs("until") };

    public static TicketEventData Extended(TicketRecord ticket, TriggerContext context) => context.Data with
    {
        UntilMs = ticket.ExtensionMs,
        Clocks = ticket.Clock(TicketClocks.Fix) is { } clock && context.Facts.Plan?.Extend(clock, ticket.ExtensionMs!.Value) is { } moved ? [moved] : null,
    };

    public static TicketEventData Timed(TicketRecord ticket, TriggerContext context) => context.Data with { LateMs = context.Facts.LateMs };

    /// <summary>A clock's next mark. The last level has none above.</summary>
    public static TicketEventData Mark(TicketRecord ticket, TriggerContext context)
    {
        var mark = ticket.Clock(context.Facts.Clock!)!.Next()!;
        return context.Data with
        {
            Clock = context.Facts.Clock,
            Percent = mark.Percent,
            Level = mark.StepUp && ticket.Level < EscalationLevel.City ? ticket.Level + 1 : null,
            LateMs = context.Facts.LateMs,
        };
    }

    public static NoticeKind MarkNotice(TicketEventData data) => data.Level is not null ? NoticeKind.Escalated : data.Percent < 100 ? NoticeKind.Reminder : NoticeKind.Overdue;

    public static TicketEventData LevelUp(TicketRecord ticket, TriggerContext context) => context.Data with { Level = ticket.Level + 1 };

    public static TicketEventData Answer(TicketRecord ticket, TriggerContext context) => context.Data with { Answer = context.Args.Text("answer") };

    public static TicketEventData Disputed(TicketRecord ticket, TriggerContext context) => context.Data with { Disputed = true };

    /// <summary>The resident who says so is a complainer, and may be called back.</summary>
    public static TicketEventData NotFixed(TicketRecord ticket, TriggerContext context) =>
        context.Data with { Disputed = true, ComplaintAtMs = context.AtMs, Contact = context.Args.Flag("contact") ? true : null };

    public static TicketEventData Into(TicketRecord ticket, TriggerContext context) => context.Data with { Ticket = context.Args.Text("into") };

    public static TicketEventData Mode(TicketRecord ticket, TriggerContext context) => context.Data with { Mode = context.Facts.Mode };

    public static TicketEventData Owner(TicketRecord ticket, TriggerContext context) => context.Data with { Owner = context.Args.Text("owner") };

    /// <summary>The first called unit whose time to report in has passed, and whose supervisor was not told yet.</summary>
    public static string? LateUnit(TicketRecord ticket, long atMs)
    {
        foreach (var task in ticket.Whistle ?? [])
        {
            if (task is { ReportedMs: null, Late: false } && task.ReportByMs <= atMs) return task.Unit;
        }
        return null;
    }
}
