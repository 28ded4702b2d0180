using CityEdge.Contracts;
using Guard = System.Func<CityEdge.Hub.Tickets.Machine.TicketRecord, CityEdge.Hub.Tickets.Machine.TriggerContext, string?>;

namespace CityEdge.Hub.Tickets.Machine;

/// <summary>Conditions of <see cref="TicketTable"/>: null when it holds, else what was expected, to be read after "expects".</summary>
internal static class TicketGuards
{
    public static readonly string[] Workers = ["admin", "manager", "dispatcher", "operator", "unit", "crew"];
    public static readonly string[] Managers = ["admin", "manager"];
    public static readonly string[] Dispatchers = ["admin", "manager", "dispatcher", "operator"];
    public static readonly string[] Inspectors = ["admin", "manager", "inspector"];
    public static readonly string[] Callers = ["admin", "manager", "call-centre"];
    public static readonly string[] Complainers = ["admin", "manager", "operator", "call-centre", "resident"];
    public static readonly string[] Auditors = ["admin", "auditor"];

    /// <summary>Reasons for which work may rest (T23).</summary>
    public static readonly string[] HoldReasons = ["parts", "access", "weather", "owner", "legal"];

    private const long DayMs = 86_400_000, ShanghaiMs = 8 * 3_600_000;

    public static Guard Always { get; } = (_, _) => null;

    /// <summary>All of them; the first that fails says what was expected.</summary>
    public static Guard All(params Guard[] guards) => (ticket, context) =>
    {
        foreach (var guard in guards)
        {
            if (guard(ticket, context) is { } expected) return expected;
        }
        return null;
    };

    public static Guard By(string[] roles) => (_, context) => roles.Contains(context.Role, StringComparer.Ordinal) ? null : $"role {string.Join(" or ", roles)}, not {context.Role}";

    public static Guard When(Func<TicketRecord, TriggerContext, bool> holds, string expected) => (ticket, context) => holds(ticket, context) ? null : expected;

    public static Guard When(Func<TicketRecord, bool> holds, string expected) => (ticket, _) => holds(ticket) ? null : expected;

    public static Guard HasReason { get; } = When((_, c) => !string.IsNullOrWhiteSpace(c.Data.Reason), "a reason");

    public static Guard Arg(string name, string what) => When((_, c) => c.Args.Text(name) is not null, $"args.{name}: {what}");

    public static Guard Answer(string word) => When((_, c) => c.Args.Text("answer") == word, "args.answer: solved, not-solved or unreachable");

    // Sensors.
    public static Guard StillActive { get; } = When(t => t.Active.Total() > 0, "an alarm that is still active");
    public static Guard NoneActive { get; } = When(t => t.Active.Total() == 0, "no active alarm: the sensor still says that it is not fixed");
    public static Guard SensorNormal { get; } = When(t => t.Active.Total() == 0 && t.Unverified == 0, "every alarm cleared and every verify condition true");
    public static Guard NotFlagged { get; } = When(t => !t.VerifyOverdue, "a ticket that is not flagged yet");
    public static Guard MayClearItself { get; } = When(
        t => t.Active.Total() == 0 && t.Peak != Severity.P1 && t.FirstComplaintAtMs is null && !t.Disputed, "every alarm cleared, never P1, no complaint");
    public static Guard WithinReopenWindow { get; } = When((t, c) => t.ClosedAtMs is { } closed && c.AtMs - closed <= c.ReopenMs, "an alarm within the reopen time");
    public static Guard AfterReopenWindow { get; } = When((t, c) => t.ClosedAtMs is { } closed && c.AtMs - closed > c.ReopenMs, "an alarm after the reopen time");

    public static Guard ToldAfterTheEnd { get; } = When(
        (t, c) => t.ClosedAtMs is { } closed && c.Data.ComplaintAtMs is { } told && told > closed && told - closed <= ComplaintMatch.After.TotalMilliseconds, "a complaint of the 15 days since");

    // Proof: whoever fixed neither verifies nor calls back.
    public static Guard NotHandler { get; } = (t, c) => c.Actor != t.FixedBy && c.Actor != t.AcceptedBy ? null : $"somebody other than {c.Actor}, who handled it";
    public static Guard Undisputed { get; } = When(t => !t.Disputed, "an inspector: a person said that it is not fixed");
    public static Guard NoProposal { get; } = When(t => !t.FalseAlarmProposed, "a fix: the crew found no fault, so confirm-false-alarm or reject decides");
    public static Guard Proposal { get; } = When(t => t.FalseAlarmProposed, "that the crew proposed a false alarm");
    public static Guard NoContact { get; } = When(t => t.Contacts == 0, "no resident to call back");
    public static Guard HasContact { get; } = When(t => t.Contacts > 0, "a resident to call back");
    public static Guard SensorOrFaulty { get; } = When((t, c) => t.Active.Total() == 0 || c.Args.Flag("sensor_faulty"), "no active alarm, or args.sensor_faulty: true");
    public static Guard LastTry { get; } = When((t, c) => IsLastTry(t, c), "the last attempt to call back");
    public static Guard FurtherTry { get; } = When((t, c) => !IsLastTry(t, c), "further attempts to call back");
    public static Guard FalseAlarmEvidence { get; } = All(
        When((_, c) => c.Args.IsPhoto("photo"), "args.photo: the SHA-256 of a photo"), Arg("reading", "the reading on site"), Arg("cause", "a cause code"));
    public static Guard PhotoBefore { get; } = When((t, c) => !t.NeedsPhotos || c.Args.IsPhoto("photo"), "args.photo: the SHA-256 of a photo from before the work");
    public static Guard PhotoAfter { get; } = When((t, c) => !t.NeedsPhotos || c.Args.IsPhoto("photo"), "args.photo: the SHA-256 of a photo from after the work");

    // Dispatch.
    public static Guard Assigned { get; } = When((_, c) => c.Facts.Assignment is not null, "a unit that is responsible");
    public static Guard NotInTriage { get; } = When((t, c) => c.Facts.Assignment is null && !t.InTriage, "a ticket that does not wait for the dispatcher yet");
    public static Guard HasUnit { get; } = Arg("unit", "the unit");
    public static Guard ReasonIfOther { get; } = When(
        (_, c) => c.Facts.Assignment is not { } named || named.Lead == c.Args.Text("unit") || !string.IsNullOrWhiteSpace(c.Data.Reason), "a reason, since the catalogue names another unit");
    public static Guard CoUnitsApart { get; } = When((_, c) => !c.Args.Texts("co_units").Contains(c.Args.Text("unit")), "args.co_units without the lead");
    public static Guard AskedUnit { get; } = (t, c) =>
        c.Args.Text("unit") is not { } unit || (t.Offered ?? t.Lead) is not { } asked || unit == asked ? null : $"unit {asked}, which was asked, not {unit}";
    public static Guard WasAccepted { get; } = When(t => t.AcceptedAtMs is not null, "the ticket to be accepted first");
    public static Guard MayReturn { get; } = All(
        When(t => t.Severity != Severity.P1, "another severity: P1 cannot be returned"),
        (t, c) => t.Returns < c.Facts.Limits.MaxReturns ? null : $"at most {c.Facts.Limits.MaxReturns} returns: the level above decides",
        (t, c) => t.DispatchedAtMs is { } at && c.AtMs - at <= c.Facts.Limits.ReturnWithinMs ? null : $"to be sent within {Minutes(c.Facts.Limits.ReturnWithinMs)} of the dispatch",
        Arg("code", "a reason code"), Arg("evidence", "what shows it"));
    public static Guard AboveAfterReturns { get; } = (t, c) => t.Returns < c.Facts.Limits.MaxReturns || Managers.Contains(c.Role) ? null : "a manager: it was returned as often as it may be, the level above decides";
    public static Guard CrewFits { get; } = (_, c) => c.Facts.CrewRefusal;
    public static Guard AtTheAsset { get; } = (t, c) =>
        (c.Facts.DistanceM is { } metres && metres <= c.Facts.Limits.ArriveWithinM) || (t.Opening.Asset is { } asset && c.Args.Text("tag") == asset)
        || (Managers.Contains(c.Role) && !string.IsNullOrWhiteSpace(c.Data.Reason))
            ? null : FormattableString.Invariant($"a position (args.lat, args.long) within {c.Facts.Limits.ArriveWithinM} m of the asset, its tag (args.tag), or a manager's reason");
    public static Guard CoUnitsDone { get; } = (t, _) => t.CoUnits is not { } units || units.All(u => t.CoDone?.Contains(u) == true) ? null
        : $"the co-handling units to be done: {string.Join(", ", units.Where(u => t.CoDone?.Contains(u) != true))}";
    public static Guard IsCoUnit { get; } = When((t, c) => t.CoUnits?.Contains(c.Args.Text("unit")) == true, "args.unit: a co-handling unit of this ticket");

    // Whistle.
    public static Guard HasUnits { get; } = When((_, c) => c.Args.Texts("units").Count > 0, "args.units: at least one unit");
    public static Guard CalledUnit { get; } = When((t, c) => t.Whistle?.Any(w => w.Unit == c.Args.Text("unit") && w.ReportedMs is null) == true, "args.unit: a called unit that has not reported in");
    public static Guard ReportedUnit { get; } = When((t, c) => t.Whistle?.Any(w => w.Unit == c.Args.Text("unit") && w is { ReportedMs: not null, DoneMs: null }) == true, "args.unit: a unit that has reported in and has its task open");
    public static Guard NoTaskOpen { get; } = (t, _) => t.Whistle?.FirstOrDefault(w => w.DoneMs is null) is { } open ? $"every task to be done (事不完、人不撤); open: {open.Unit}" : null;
    public static Guard SomeoneLate { get; } = When((t, c) => TicketFills.LateUnit(t, c.AtMs) is not null, "a called unit that is late");

    // Clocks.
    public static Guard ClockHasMark { get; } = When((t, c) => c.Facts.Clock is { } name && t.Clock(name)?.Next() is not null, "a clock that runs");
    public static Guard MayHold { get; } = All(
        When(t => t.Severity != Severity.P1, "another severity: P1 never rests"),
        When((_, c) => c.Args.Text("code") is { } code && HoldReasons.Contains(code), $"args.code: {string.Join(", ", HoldReasons)}"),
        (_, c) => c.Args.TimeMs("until") is { } until && until > c.AtMs && until - c.AtMs <= c.Facts.Limits.HoldMaxMs ? null
            : $"args.until: a time with zone from now, at most {c.Facts.Limits.HoldMaxMs / DayMs} days");
    public static Guard MayExtend { get; } = All(
        When(t => t is { Extended: false, ExtensionMs: null }, "that no extension was asked for before"),
        When((t, c) => t.Clock(TicketClocks.Fix) is { StoppedMs: null } clock && c.AtMs < clock.DueMs(), "a fix clock that has not run out"),
        When((t, c) => t.Clock(TicketClocks.Fix) is { } clock && c.Args.TimeMs("until") is { } until && until > clock.DueMs() && until - clock.DueMs() <= clock.PromisedMs - clock.StartMs,
            "args.until: a time with zone after the due time, by no more than the original length"));
    public static Guard ExtensionPending { get; } = When(t => t.ExtensionMs is not null, "an extension that was asked for");
    public static Guard NotAsker { get; } = (t, c) => c.Actor != t.ExtensionBy ? null : $"somebody other than {c.Actor}, who asked";
    public static Guard BelowCity { get; } = When(t => t.Level < EscalationLevel.City, "a level below the city");
    public static Guard ModeChanges { get; } = When((t, c) => c.Facts.Mode is { } mode && mode != t.Mode, "another operating mode");

    // Endings and their undoing.
    public static Guard WithinNotFixed { get; } = (t, c) => t.ClosedAtMs is { } closed && c.AtMs - closed <= c.Facts.Limits.NotFixedWithinMs ? null
        : $"to be said within {c.Facts.Limits.NotFixedWithinMs / DayMs} days of closing";
    public static Guard TargetLive { get; } = When((_, c) => c.Facts.TargetLive, "args.into: another ticket that is live");
    public static Guard UnmergeInTime { get; } = (t, c) => t.ClosedAtMs is { } merged && c.AtMs - merged <= c.Facts.Limits.UnmergeWithinMs ? null
        : $"to be sent within {Minutes(c.Facts.Limits.UnmergeWithinMs)} of the merge";
    public static Guard NoTwin { get; } = (_, c) => c.Facts.LiveTwin is { } twin ? $"no other live ticket on the incident (there is {twin})" : null;
    public static Guard Told { get; } = When((t, c) => t.Contacts == 0 || c.Args.Flag("resident_told"), "args.resident_told: true, since a resident waits for an answer");
    public static Guard NotAuditFlagged { get; } = When(t => !t.AuditFlag, "a ticket that is not flagged yet");
    public static Guard OwnerOpen { get; } = When(t => !t.OwnerAsked, "that nobody looks for the owner yet");
    public static Guard OwnerWanted { get; } = When(t => t.OwnerAsked, "that someone looks for the owner (ask-owner)");

    /// <summary>Days since 1970 in Asia/Shanghai.</summary>
    public static long Day(long ms) => Math.DivRem(ms + ShanghaiMs, DayMs).Quotient;

    private static bool IsLastTry(TicketRecord ticket, TriggerContext context) =>
        ticket.CallbackMisses + 1 >= context.Facts.Limits.CallbackTries && Day(context.AtMs) - (ticket.CallbackDay ?? Day(context.AtMs)) + 1 >= context.Facts.Limits.CallbackDays;

    private static string Minutes(long ms) => ms % 3_600_000 == 0 ? $"{ms / 3_600_000} h" : $"{ms / 60_000} min";
}
