using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>
/// What an event rule remembers of one subject besides its alarm: recent events, and where the alarm stood before the newest of them, so that an event that comes late is put in its place and what
/// followed from it is worked out anew.
/// </summary>
internal sealed class EventMemory(EventNeeds needs, AlarmMemory fresh)
{
    /// <summary>An event that is this much older than the newest of its subject comes too late, ms.</summary>
    public const long LatenessMs = 120_000;

    /// <summary>Most events that one late event makes work out anew; with more in two minutes the bound of lateness is shorter.</summary>
    public const int MaxPending = 512;

    /// <summary>Identities kept at least, against events that are sent twice.</summary>
    private const int LeastKept = 64;

    private const int MaxTold = 64;

    /// <summary>The alarm as of the last event that no late one can come before.</summary>
    public AlarmMemory Settled = fresh;

    public EventHistory History { get; } = new(needs.Fields.Length, needs.WindowsMs.LastOrDefault() + LatenessMs, Math.Max(needs.Run, LeastKept));

    /// <summary>Newest events that <see cref="Settled"/> does not know of.</summary>
    public int Pending { get; set; }

    /// <summary>Time of the last event in <see cref="Settled"/>; <see cref="AlarmMemory.None"/> before one.</summary>
    public long SettledMs { get; set; } = AlarmMemory.None;

    /// <summary>Latest time at which a timer was looked at.</summary>
    public long FiredMs { get; set; } = AlarmMemory.None;

    /// <summary>What was told since <see cref="Settled"/>.</summary>
    public List<AlarmTransition> Told { get; set; } = [];

    /// <summary>For what is said while events settle, which was told before.</summary>
    public List<AlarmTransition> Spare { get; } = [];

    /// <summary>Timers tell things while no event comes: this much of it is final.</summary>
    public bool IsFull => Told.Count >= MaxTold;
}
