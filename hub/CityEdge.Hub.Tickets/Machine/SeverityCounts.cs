using CityEdge.Contracts;

namespace CityEdge.Hub.Tickets.Machine;

/// <summary>Active alarms of a ticket by severity: constant size however many alarms an incident has.</summary>
public readonly record struct SeverityCounts(int P1, int P2, int P3, int P4, int P5)
{
    /// <summary>All of them.</summary>
    public int Total() => P1 + P2 + P3 + P4 + P5;

    /// <summary>The most urgent severity with an active alarm; null when none is active.</summary>
    public Severity? MostSevere() => P1 > 0 ? Severity.P1 : P2 > 0 ? Severity.P2 : P3 > 0 ? Severity.P3 : P4 > 0 ? Severity.P4 : P5 > 0 ? Severity.P5 : null;

    /// <summary>These counts with one severity changed by <paramref name="by"/>.</summary>
    public SeverityCounts Add(Severity severity, int by) => severity switch
    {
        Severity.P1 => this with { P1 = P1 + by },
        Severity.P2 => this with { P2 = P2 + by },
        Severity.P3 => this with { P3 = P3 + by },
        Severity.P4 => this with { P4 = P4 + by },
        Severity.P5 => this with { P5 = P5 + by },
        _ => throw new ArgumentOutOfRangeException(nameof(severity), severity, "Severity is P1 to P5."),
    };
}
