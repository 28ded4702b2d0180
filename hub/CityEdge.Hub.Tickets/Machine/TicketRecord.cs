using CityEdge.Contracts;

namespace CityEdge.Hub.Tickets.Machine;

/// <summary>
/// A ticket as its log folds to it: everything that the next decision needs, of constant size however many alarms joined. Times are Unix ms UTC
/// in event time.
/// </summary>
public sealed record TicketRecord
{
    /// <summary>What was decided at birth.</summary>
    public required TicketOpening Opening { get; init; }

    public required TicketState State { get; init; }

    /// <summary>When this state was entered; never goes back.</summary>
    public required long StateAtMs { get; init; }

    /// <summary>Most severe active alarm; the last value when none is active.</summary>
    public required Severity Severity { get; init; }

    /// <summary>Most severe that this episode ever was: a P1 that faded through P3 still never clears itself.</summary>
    public required Severity Peak { get; init; }

    /// <summary>Sequence number of the last log line.</summary>
    public required long Version { get; init; }

    public long? OpenedAtMs { get; init; }

    public long? AcceptedAtMs { get; init; }

    /// <summary>Last time that the crew reported fixed.</summary>
    public long? FixedAtMs { get; init; }

    /// <summary>When it ended; null while live.</summary>
    public long? ClosedAtMs { get; init; }

    public TicketOutcome? Outcome { get; init; }

    public string? VerifiedBy { get; init; }

    /// <summary>Earliest of its complaints, whenever they were linked.</summary>
    public long? FirstComplaintAtMs { get; init; }

    public int ComplaintCount { get; init; }

    public int ReopenCount { get; init; }

    /// <summary>Rises when a finished ticket is reopened by a new alarm: alarms of earlier episodes no longer count.</summary>
    public int Episode { get; init; }

    public int AlarmCount { get; init; }

    public SeverityCounts Active { get; init; }

    /// <summary>Alarms of this episode whose verify condition is not true now.</summary>
    public int Unverified { get; init; }

    /// <summary>Latest time at which a verify condition of this episode will have held for its time.</summary>
    public long? VerifyReadyMs { get; init; }

    /// <summary>Point of <see cref="VerifyReadyMs"/>.</summary>
    public string? VerifyPoint { get; init; }

    public long? LastClearedMs { get; init; }

    /// <summary>Point of <see cref="LastClearedMs"/>.</summary>
    public string? LastClearedPoint { get; init; }

    /// <summary>T31 has fired for the last <c>fixed</c>.</summary>
    public bool VerifyOverdue { get; init; }

    /// <summary>The one unit that is responsible; null: the triage desk.</summary>
    public string? Lead { get; init; }

    /// <summary>The unit that is asked to accept. Until it does, the lead stays who it was (首接负责).</summary>
    public string? Offered { get; init; }

    /// <summary>Co-handling units of a dual dispatch.</summary>
    public ValueList<string>? CoUnits { get; init; }

    /// <summary>Those of them that have done their part.</summary>
    public ValueList<string>? CoDone { get; init; }

    /// <summary>Version of the responsibility catalogue that named the unit; null: a person did.</summary>
    public int? Catalogue { get; init; }

    /// <summary>SLA set that the catalogue named; null: the rule's.</summary>
    public string? Sla { get; init; }

    /// <summary>Work begins and ends with a photo.</summary>
    public bool NeedsPhotos { get; init; }

    public long? DispatchedAtMs { get; init; }

    /// <summary>Waits for the dispatcher.</summary>
    public bool InTriage { get; init; }

    /// <summary>How often a unit sent it back.</summary>
    public int Returns { get; init; }

    public string? AcceptedBy { get; init; }

    public string? Crew { get; init; }

    /// <summary>Who said last that it is fixed, or that there is no fault: never the one who verifies or calls back.</summary>
    public string? FixedBy { get; init; }

    /// <summary>T19: the crew found no fault; an inspector decides.</summary>
    public bool FalseAlarmProposed { get; init; }

    /// <summary>A person said that it is not fixed: the sensor alone no longer closes it.</summary>
    public bool Disputed { get; init; }

    public EscalationLevel Level { get; init; }

    /// <summary>On the coordination list (督办).</summary>
    public bool Listed { get; init; }

    public ValueList<TicketClock>? Clocks { get; init; }

    /// <summary>What the units that were whistled for last have to do.</summary>
    public ValueList<WhistleTask>? Whistle { get; init; }

    public string? HoldReason { get; init; }

    public long? HoldUntilMs { get; init; }

    /// <summary>An extension that was asked for: until when.</summary>
    public long? ExtensionMs { get; init; }

    /// <summary>Who asked for it.</summary>
    public string? ExtensionBy { get; init; }

    /// <summary>The one extension was given.</summary>
    public bool Extended { get; init; }

    /// <summary>Residents who can be called back.</summary>
    public int Contacts { get; init; }

    /// <summary>Vain attempts to call back since the ticket was proved.</summary>
    public int CallbackMisses { get; init; }

    /// <summary>Day of the first of them, days since 1970 in Asia/Shanghai.</summary>
    public long? CallbackDay { get; init; }

    /// <summary>The ticket that this one became part of.</summary>
    public string? MergedInto { get; init; }

    /// <summary>State before that.</summary>
    public TicketState? StateBefore { get; init; }

    /// <summary>Suspected of manipulation: not to be published (T45).</summary>
    public bool AuditFlag { get; init; }

    public OperatingMode Mode { get; init; }

    /// <summary>Someone looks for the asset's owner (确权).</summary>
    public bool OwnerAsked { get; init; }

    /// <summary>The owner that was found.</summary>
    public string? Owner { get; init; }

    /// <summary>A clock by its name; null when it never started.</summary>
    public TicketClock? Clock(string name)
    {
        foreach (var clock in Clocks ?? [])
        {
            if (clock.Name == name) return clock;
        }
        return null;
    }
}
