using CityEdge.Contracts;
using static CityEdge.Contracts.AlarmStanding;

namespace CityEdge.Rules;

/// <summary>
/// How an alarm's standing moves: the state table of the desk (<c>domain/tickets.md</c> §5.1 without pending and clearing, which are the engine's). What was suppressed comes back unacknowledged, whoever had seen it
/// before; what clears while suppressed was never announced, so nobody has to look at it.
/// </summary>
public static class StandingTable
{
    private static readonly (AlarmStanding From, StandingTrigger Trigger, AlarmStanding To)[] Rows =
    [
        (Normal, StandingTrigger.Raised, ActiveUnack),

        (ActiveUnack, StandingTrigger.Acknowledged, ActiveAck),
        (ActiveUnack, StandingTrigger.Cleared, RtnUnack),
        (ActiveUnack, StandingTrigger.Shelved, Shelved),
        (ActiveUnack, StandingTrigger.OutOfService, OutOfService),
        (ActiveUnack, StandingTrigger.Inhibited, SuppressedByDesign),

        (ActiveAck, StandingTrigger.Acknowledged, ActiveAck),
        (ActiveAck, StandingTrigger.Cleared, Normal),
        (ActiveAck, StandingTrigger.Shelved, Shelved),
        (ActiveAck, StandingTrigger.OutOfService, OutOfService),
        (ActiveAck, StandingTrigger.Inhibited, SuppressedByDesign),

        (RtnUnack, StandingTrigger.Acknowledged, Normal),

        (Shelved, StandingTrigger.Acknowledged, Shelved),
        (Shelved, StandingTrigger.Cleared, Normal),
        (Shelved, StandingTrigger.Shelved, Shelved),
        (Shelved, StandingTrigger.OutOfService, OutOfService),
        (Shelved, StandingTrigger.Inhibited, SuppressedByDesign),
        (Shelved, StandingTrigger.Released, ActiveUnack),

        (SuppressedByDesign, StandingTrigger.Acknowledged, SuppressedByDesign),
        (SuppressedByDesign, StandingTrigger.Cleared, Normal),
        (SuppressedByDesign, StandingTrigger.Shelved, Shelved),
        (SuppressedByDesign, StandingTrigger.OutOfService, OutOfService),
        (SuppressedByDesign, StandingTrigger.Inhibited, SuppressedByDesign),
        (SuppressedByDesign, StandingTrigger.Released, ActiveUnack),

        (OutOfService, StandingTrigger.Acknowledged, OutOfService),
        (OutOfService, StandingTrigger.Cleared, Normal),
        (OutOfService, StandingTrigger.Shelved, Shelved),
        (OutOfService, StandingTrigger.OutOfService, OutOfService),
        (OutOfService, StandingTrigger.Inhibited, SuppressedByDesign),
        (OutOfService, StandingTrigger.Released, ActiveUnack),
    ];

    private static readonly Dictionary<(AlarmStanding, StandingTrigger), AlarmStanding> Cells = Rows.ToDictionary(row => (row.From, row.Trigger), row => row.To);

    /// <summary>The standing after the trigger; null where the table has no such cell, and nothing happens.</summary>
    public static AlarmStanding? Next(AlarmStanding from, StandingTrigger trigger) => Cells.TryGetValue((from, trigger), out var to) ? to : null;
}
