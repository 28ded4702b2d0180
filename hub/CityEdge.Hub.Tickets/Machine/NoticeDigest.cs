using CityEdge.Contracts;

namespace CityEdge.Hub.Tickets.Machine;

/// <summary>
/// What becomes of a notice while more alarms are offered than a person can take (domain §5.4): those of P4 and P5 are gathered and told together, nothing is dropped. Pure; times are wall time, Unix ms.
/// </summary>
public static class NoticeDigest
{
    /// <summary>Longest that a gathered notice waits while the flood lasts: the 10 min by which a flood is judged.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    /// <summary>True when the notice is gathered instead of being told by itself.</summary>
    public static bool Gathers(Severity severity, bool flood) => flood && severity >= Severity.P4;

    /// <summary>True when what is gathered is to be told now: the flood is over, or the first has waited for long enough.</summary>
    public static bool IsDue(long gatheredSinceMs, bool flood, long nowMs) => !flood || nowMs - gatheredSinceMs >= Longest.TotalMilliseconds;
}
