using System.Collections.Frozen;
using static CityEdge.Hub.Tickets.Machine.TicketFills;
using static CityEdge.Hub.Tickets.Machine.TicketGuards;
using static CityEdge.Hub.Tickets.Machine.TicketState;
using Guard = System.Func<CityEdge.Hub.Tickets.Machine.TicketRecord, CityEdge.Hub.Tickets.Machine.TriggerContext, string?>;
using On = CityEdge.Hub.Tickets.Machine.TicketTrigger;
using Writes = CityEdge.Hub.Tickets.Machine.TicketEventType;

namespace CityEdge.Hub.Tickets.Machine;

/// <summary>
/// The ticket state machine: one static table, state × trigger × guard → next state, effects (domain §5.2; how tickets are born: <see cref="TicketBirths"/>). Of the cells of a state and a
/// trigger the first whose guard holds is taken. What is not in it does not happen: a command is refused, a trigger of the system is ignored. To widen the machine, add rows.
/// Ids are the domain's; those with a small letter are steps that it describes without a number.
/// </summary>
public static class TicketTable
{
    private static readonly TicketState[] Working = [Accepted, EnRoute, OnSite, InProgress, OnHold, Whistled];
    private static readonly TicketState[] Unproved = [Open, Dispatched, .. Working, Reopened, Returned];
    private static readonly TicketState[] AnyOpen = [Open, Dispatched, .. Working, PendingVerify, PendingCallback, Reopened, Returned];

    /// <summary>Commands by the name they have in the API.</summary>
    public static FrozenDictionary<string, TicketTrigger> Commands { get; } = new Dictionary<string, TicketTrigger>
    {
        ["accept"] = On.Accept, ["approve-extension"] = On.ApproveExtension, ["arrive"] = On.Arrive, ["ask-extension"] = On.AskExtension, ["ask-owner"] = On.AskOwner, ["assign"] = On.Assign,
        ["callback"] = On.Callback, ["cancel"] = On.Cancel, ["co-done"] = On.CoDone, ["confirm-false-alarm"] = On.ConfirmFalseAlarm, ["depart"] = On.Depart, ["dispatch"] = On.Dispatch,
        ["escalate"] = On.Escalate, ["fixed"] = On.Fixed, ["flag-audit"] = On.FlagAudit, ["hold"] = On.Hold, ["inspect"] = On.InspectedOk, ["merge"] = On.Merge, ["no-fault"] = On.NoFault,
        ["not-fixed"] = On.NotFixed, ["refer"] = On.Refer, ["refuse-extension"] = On.RefuseExtension, ["reject"] = On.Reject, ["report-in"] = On.ReportIn, ["resume"] = On.Resume, ["return"] = On.Return,
        ["safe"] = On.MadeSafe, ["set-owner"] = On.SetOwner, ["start"] = On.Start, ["task-done"] = On.TaskDone, ["unmerge"] = On.Unmerge, ["whistle"] = On.Whistle, ["whistle-done"] = On.WhistleDone,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Every cell, in the order in which guards are tried.</summary>
    public static IReadOnlyList<TicketCell> Cells { get; } =
    [
        .. Rows("T2", [Candidate], On.WaitElapsed, Open, StillActive, Writes.Opened, new(NoticeKind.Opened, Clocks: ClockMoment.Opened)),
        .. Rows("T3", [Candidate], On.AllCleared, Dropped, Always, Writes.Dropped, new(Outcome: TicketOutcome.Prevented)),
        .. Silent("T4", [Candidate, Open, Dispatched, .. Working, PendingCallback, Reopened, Returned], On.AlarmRaised, Always, TicketEffects.None),
        .. Stay("T5", [Candidate, .. AnyOpen], On.ReportLinked, Always, Writes.ReportLinked, TicketEffects.None),
        .. Rows("T5", [Candidate], On.Complaint, Open, Always, Writes.Opened, new(NoticeKind.Opened, Clocks: ClockMoment.Opened)),
        .. Rows("T8", [Open], On.CatalogueResolved, Dispatched, Assigned, Writes.Dispatched, new(NoticeKind.Dispatched, Clocks: ClockMoment.Dispatched, Fill: ByCatalogue)),
        .. Stay("T9", [Open, Reopened], On.CatalogueMissed, NotInTriage, Writes.Triage, new(NoticeKind.Triage, Clocks: ClockMoment.Triage)),
        .. Stay("T9", [Open, Reopened, Returned], On.TriageClock, ClockHasMark, Writes.ClockMark, new(NoticeOf: MarkNotice, Fill: Mark)),
        .. Stay("T9a", [Open, Dispatched, .. Working, Reopened, Returned], On.AskOwner, All(By(Workers), OwnerOpen, HasReason), Writes.OwnerAsked, TicketEffects.None),
        .. Stay("T9b", [Open, Dispatched, .. Working, Reopened, Returned], On.SetOwner, All(By(Workers), OwnerWanted, Arg("owner", "the owner that was found"), HasReason), Writes.OwnerFound, new(Fill: Owner)),
        .. Rows("T10", [Open], On.Dispatch, Dispatched, All(By(Dispatchers), HasUnit, CoUnitsApart, ReasonIfOther), Writes.Dispatched, new(NoticeKind.Dispatched, Clocks: ClockMoment.Dispatched, Fill: ByDispatcher)),
        .. Rows("T11", [Dispatched], On.Accept, Accepted, All(By(Workers), AskedUnit), Writes.Accepted, new(Fill: Unit)),
        .. Rows("T11", [Open, Reopened], On.Accept, Accepted, By(Workers), Writes.Accepted, new(Skips: [Dispatched], Fill: Unit)),
        .. Rows("T12", [Dispatched], On.Return, Returned, All(By(Workers), AskedUnit, HasReason, MayReturn), Writes.Returned, new(NoticeKind.Triage, Clocks: ClockMoment.Triage, Fill: Unit)),
        .. Rows("T13", [Returned], On.Dispatch, Dispatched, All(By(Dispatchers), HasUnit, CoUnitsApart, ReasonIfOther, AboveAfterReturns), Writes.Dispatched,
            new(NoticeKind.Dispatched, Clocks: ClockMoment.Dispatched, Fill: ByDispatcher)),
        .. Stay("T14", [Open, Dispatched, Reopened], On.AcceptClock, ClockHasMark, Writes.ClockMark, new(NoticeOf: MarkNotice, Fill: Mark)),
        .. Stay("T15", [Accepted], On.Assign, All(By(Workers), Arg("crew", "the crew"), CrewFits), Writes.CrewAssigned, new(NoticeKind.CrewAssigned, Fill: Crew)),
        .. Rows("T16", [Accepted], On.Depart, EnRoute, By(Workers), Writes.Departed, TicketEffects.None),
        .. Rows("T17", [EnRoute], On.Arrive, OnSite, All(By(Workers), AtTheAsset), Writes.Arrived, TicketEffects.None),
        .. Rows("T17", [Accepted], On.Arrive, OnSite, All(By(Workers), AtTheAsset), Writes.Arrived, new(Skips: [EnRoute])),
        .. Rows("T18", [OnSite], On.Start, InProgress, All(By(Workers), PhotoBefore), Writes.Started, TicketEffects.None),
        .. Stay("T18a", [OnSite, InProgress, OnHold, Whistled], On.MadeSafe, By(Workers), Writes.MadeSafe, TicketEffects.None),
        .. Rows("T19", [OnSite], On.NoFault, PendingVerify, All(By(Workers), FalseAlarmEvidence), Writes.NoFault, TicketEffects.None),
        .. Rows("T20", [InProgress], On.Whistle, Whistled, All(By(Workers), HasUnits, Arg("text", "what is to be done")), Writes.Whistled, new(NoticeKind.Whistled, Fill: Calls)),
        .. Stay("T20a", Working, On.CoDone, All(By(Workers), IsCoUnit), Writes.CoDone, new(Fill: Unit)),
        .. Stay("T21", [Whistled], On.ReportIn, All(By(Workers), CalledUnit), Writes.ReportedIn, new(Fill: ReportIn)),
        .. Stay("T21", [Whistled], On.ReportInElapsed, SomeoneLate, Writes.ReportInLate, new(NoticeKind.ReportInLate, Fill: Late)),
        .. Stay("T21a", [Whistled], On.TaskDone, All(By(Workers), ReportedUnit), Writes.TaskDone, new(Fill: Unit)),
        .. Rows("T22", [Whistled], On.WhistleDone, InProgress, All(By(Workers), NoTaskOpen), Writes.WhistleDone, TicketEffects.None),
        .. Rows("T23", [InProgress], On.Hold, OnHold, All(By(Workers), MayHold), Writes.Held, new(Fill: Until)),
        .. Rows("T24", [OnHold], On.Resume, InProgress, By(Workers), Writes.Resumed, TicketEffects.None),
        .. Rows("T24", [OnHold], On.HoldElapsed, InProgress, Always, Writes.Resumed, new(NoticeKind.Resumed, Fill: Timed)),
        .. Stay("T25", Working, On.AskExtension, All(By(Workers), HasReason, MayExtend), Writes.ExtensionAsked, new(NoticeKind.ExtensionAsked, Fill: Until)),
        .. Stay("T25a", Working, On.ApproveExtension, All(By(Managers), ExtensionPending, NotAsker), Writes.ExtensionApproved, new(Fill: Extended)),
        .. Stay("T25b", Working, On.RefuseExtension, All(By(Managers), ExtensionPending, HasReason), Writes.ExtensionRefused, TicketEffects.None),
        .. Stay("T26", Unproved, On.WorkClock, ClockHasMark, Writes.ClockMark, new(NoticeOf: MarkNotice, Fill: Mark)),
        .. Stay("T27", Unproved, On.Escalate, All(By(Managers), HasReason, BelowCity), Writes.Escalated, new(NoticeKind.Escalated, Fill: LevelUp)),
        .. Rows("T28", [InProgress], On.Fixed, PendingVerify, FixedGuard, Writes.Fixed, TicketEffects.None),
        .. Rows("T28", [OnSite], On.Fixed, PendingVerify, FixedGuard, Writes.Fixed, new(Skips: [InProgress])),
        .. Rows("T28", [EnRoute], On.Fixed, PendingVerify, FixedGuard, Writes.Fixed, new(Skips: [OnSite, InProgress])),
        .. Rows("T28", [Accepted], On.Fixed, PendingVerify, FixedGuard, Writes.Fixed, new(Skips: [EnRoute, OnSite, InProgress])),
        .. Rows("T28", [Reopened], On.Fixed, PendingVerify, All(FixedGuard, WasAccepted), Writes.Fixed, new(Skips: [Dispatched, Accepted, EnRoute, OnSite, InProgress])),
        .. Rows("T29", [PendingVerify], On.SensorAgreed, Closed, All(NoProposal, Undisputed, SensorNormal, NoContact), Writes.Closed, new(NoticeKind.Closed, TicketOutcome.Fixed, "sensor")),
        .. Rows("T32", [PendingVerify], On.SensorAgreed, PendingCallback, All(NoProposal, Undisputed, SensorNormal, HasContact), Writes.Verified, new(NoticeKind.CallbackDue, VerifiedBy: "sensor", Clocks: ClockMoment.Callback)),
        .. Rows("T29", [PendingVerify], On.InspectedOk, Closed, All(Inspection, NoContact), Writes.Closed, new(NoticeKind.Closed, TicketOutcome.Fixed, "inspector")),
        .. Rows("T32", [PendingVerify], On.InspectedOk, PendingCallback, All(Inspection, HasContact), Writes.Verified, new(NoticeKind.CallbackDue, VerifiedBy: "inspector", Clocks: ClockMoment.Callback)),
        .. Rows("T29a", [PendingVerify], On.ConfirmFalseAlarm, FalseAlarm, All(By(Inspectors), NotHandler, Proposal, SensorOrFaulty), Writes.FalseAlarm, new(NoticeKind.FalseAlarm, TicketOutcome.FalseAlarm, "inspector")),
        .. Rows("T30", [PendingVerify], On.AlarmRaised, Reopened, Always, Writes.Reopened, new(NoticeKind.Reopened)),
        .. Rows("T30", [PendingVerify], On.Reject, Reopened, All(By(Inspectors), NotHandler, HasReason), Writes.Reopened, new(NoticeKind.Reopened, Fill: Disputed)),
        .. Rows("T31", [PendingVerify], On.VerifyLimitElapsed, PendingVerify, NotFlagged, Writes.VerifyOverdue, new(NoticeKind.VerifyOverdue)),
        .. Rows("T33", [PendingCallback], On.Callback, Closed, All(By(Callers), NotHandler, Answer("solved")), Writes.Closed, new(NoticeKind.Closed, TicketOutcome.Fixed, Fill: Answer)),
        .. Rows("T34", [PendingCallback], On.Callback, Reopened, All(By(Callers), NotHandler, Answer("not-solved")), Writes.Reopened, new(NoticeKind.Reopened, Clocks: ClockMoment.Reopened, Fill: Answer)),
        .. Rows("T35", [PendingCallback], On.Callback, PendingCallback, All(By(Callers), NotHandler, Answer("unreachable"), FurtherTry), Writes.CallbackMissed, new(Fill: Answer)),
        .. Rows("T35", [PendingCallback], On.Callback, Closed, All(By(Callers), NotHandler, Answer("unreachable"), LastTry), Writes.Closed, new(NoticeKind.Closed, TicketOutcome.Fixed, Fill: Answer)),
        .. Stay("T32", [PendingCallback], On.CallbackClock, ClockHasMark, Writes.ClockMark, new(NoticeOf: MarkNotice, Fill: Mark)),
        .. Rows("T36", [Open, Dispatched, Accepted, Reopened], On.SelfClearElapsed, SelfCleared, MayClearItself, Writes.SelfCleared, new(NoticeKind.SelfCleared, TicketOutcome.SelfCleared, "sensor")),
        .. Rows("T37", [Closed, SelfCleared], On.AlarmRaised, Reopened, WithinReopenWindow, Writes.Reopened, new(NoticeKind.Reopened, NewEpisode: true, Clocks: ClockMoment.Reopened)),
        .. Rows("T38", [Closed], On.NotFixed, Reopened, All(By(Complainers), NotHandler, HasReason, WithinNotFixed, NoTwin), Writes.Reopened, new(NoticeKind.Reopened, Clocks: ClockMoment.Reopened, Fill: NotFixed)),
        .. Rows("T38", [Closed], On.Complaint, Reopened, ToldAfterTheEnd, Writes.Reopened, new(NoticeKind.Reopened, NewEpisode: true, Clocks: ClockMoment.Reopened)),
        .. Silent("T39", [Closed, SelfCleared], On.AlarmRaised, AfterReopenWindow, new(Successor: true)),
        .. Rows("T40", [Reopened], On.CatalogueResolved, Dispatched, Assigned, Writes.Dispatched, new(NoticeKind.Dispatched, Clocks: ClockMoment.Dispatched, Fill: ByCatalogue)),
        .. Rows("T40", [Reopened], On.Dispatch, Dispatched, All(By(Dispatchers), HasUnit, CoUnitsApart, ReasonIfOther), Writes.Dispatched, new(NoticeKind.Dispatched, Clocks: ClockMoment.Dispatched, Fill: ByDispatcher)),
        .. Rows("T41", AnyOpen, On.Merge, Merged, All(By(Dispatchers), TargetLive), Writes.Merged, new(NoticeKind.Merged, TicketOutcome.Merged, Fill: Into)),
        .. AnyOpen.SelectMany(to => Rows("T42", [Merged], On.Unmerge, to, All(By(Dispatchers), HasReason, UnmergeInTime, NoTwin, When(t => t.StateBefore == to, "a merged ticket")), Writes.Unmerged, TicketEffects.None)),
        .. Rows("T43", AnyOpen, On.Refer, Referred, All(By(Dispatchers), Arg("target", "who is responsible"), Told), Writes.Referred, new(NoticeKind.Referred, TicketOutcome.Referred)),
        .. Rows("T44", AnyOpen, On.Cancel, Cancelled, All(By(Managers), HasReason), Writes.Cancelled, new(NoticeKind.Cancelled, TicketOutcome.Cancelled)),
        .. Stay("T45", [.. TicketStates.All], On.FlagAudit, All(By(Auditors), HasReason, NotAuditFlagged), Writes.AuditFlagged, TicketEffects.None),
        .. Stay("T46", AnyOpen, On.ModeChanged, ModeChanges, Writes.ModeChanged, new(Clocks: ClockMoment.Mode, Fill: Mode)),
    ];

    private static readonly FrozenDictionary<(TicketState State, TicketTrigger Trigger), TicketCell[]> Index =
        Cells.GroupBy(c => (c.From, c.On)).ToFrozenDictionary(g => g.Key, g => g.ToArray());

    private static Guard FixedGuard => All(By(Workers), CoUnitsDone, PhotoAfter);

    private static Guard Inspection => All(By(Inspectors), NotHandler, NoProposal, NoneActive);

    /// <summary>The cells of a state and a trigger, in the order in which guards are tried; empty when the trigger is not legal there.</summary>
    public static IReadOnlyList<TicketCell> Find(TicketState state, TicketTrigger trigger) => Index.TryGetValue((state, trigger), out var cells) ? cells : [];

    /// <summary>Names of the commands that have a cell in a state, in alphabetic order.</summary>
    public static IReadOnlyList<string> AllowedCommands(TicketState state) => Allowed[(int)state];

    private static readonly string[][] Allowed =
        [.. TicketStates.All.Select(state => Commands.Where(c => Index.ContainsKey((state, c.Value))).Select(c => c.Key).Order(StringComparer.Ordinal).ToArray())];

    private static IEnumerable<TicketCell> Rows(string id, TicketState[] from, TicketTrigger on, TicketState to, Guard guard, TicketEventType line, TicketEffects effects) =>
        from.Select(state => new TicketCell(id, state, on, to, guard, line, effects));

    private static IEnumerable<TicketCell> Stay(string id, TicketState[] states, TicketTrigger on, Guard guard, TicketEventType line, TicketEffects effects) =>
        states.Select(state => new TicketCell(id, state, on, state, guard, line, effects));

    private static IEnumerable<TicketCell> Silent(string id, TicketState[] states, TicketTrigger on, Guard guard, TicketEffects effects) =>
        states.Select(state => new TicketCell(id, state, on, state, guard, null, effects));
}
