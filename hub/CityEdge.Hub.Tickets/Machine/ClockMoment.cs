namespace CityEdge.Hub.Tickets.Machine;

/// <summary>When clocks start.</summary>
public enum ClockMoment : byte
{
    /// <summary>The ticket opens.</summary>
    Opened,

    /// <summary>A unit is asked to accept it.</summary>
    Dispatched,

    /// <summary>It waits for the dispatcher.</summary>
    Triage,

    /// <summary>A ticket that was over is open again: half the original limits (T40).</summary>
    Reopened,

    /// <summary>A resident is to be called back.</summary>
    Callback,

    /// <summary>The operating mode has changed: forward only (T46).</summary>
    Mode,
}
