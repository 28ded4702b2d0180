using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>What the desk asks of the world around it. Times are Unix ms.</summary>
public interface IDeskSite
{
    /// <summary>A rule in force; null when there is none of that id.</summary>
    RuleDefinition? RuleOf(string id);

    /// <summary>The point's asset and those above it, nearest first; empty when it has none.</summary>
    IReadOnlyList<string> PathOf(PointId point);

    /// <summary>The point's event clock at a wall time.</summary>
    long EventNow(PointId point, long wallMs);

    /// <summary>The wall time at which the point's event clock reaches a time, if nothing else arrives.</summary>
    long WallOf(PointId point, long eventMs);
}
