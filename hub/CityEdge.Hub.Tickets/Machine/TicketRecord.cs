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
}
