using System.Runtime.CompilerServices;
using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>Since when each raise step's hold counts; one place a severity at most.</summary>
[InlineArray(Length)]
internal struct StepTimes
{
    public const int Length = 5;
    private long first;
}

/// <summary>What one alarm instance remembers: plain data, and all of what a snapshot keeps of it; what every reading looks at stands first, in one cache line. Times are event time, Unix ms; <see cref="None"/> is no time.</summary>
internal struct AlarmMemory
{
    public const long None = long.MinValue;

    /// <summary>Steps whose condition is true by the last value, in force or not.</summary>
    public byte Raw;

    /// <summary>Steps that are true and in force.</summary>
    public byte True;

    /// <summary>Steps whose hold has elapsed.</summary>
    public byte Elapsed;

    /// <summary>The clear condition was true by the last value.</summary>
    public bool ClearTrue;

    public bool Open;

    /// <summary>The open or latest alarm was told to be dispatched.</summary>
    public bool Dispatched;

    public bool NoDataOpen;

    public bool NoDataDispatched;

    /// <summary>The verify condition holds and has been told, or would be.</summary>
    public bool Verified;

    /// <summary>An agent has told of the late alarm: it will say whether it stands.</summary>
    public bool AwaitsWord;

    /// <summary>Inside season, hours and days, as of the last look.</summary>
    public bool Active;

    public Severity Severity;

    public Severity NoDataSeverity;

    /// <summary>Until when <see cref="Active"/> stays as it is.</summary>
    public long ActiveUntilMs;

    /// <summary>Raise time of the open or latest alarm.</summary>
    public long RaisedAtMs;

    /// <summary>Conditions over age are evaluated up to this age.</summary>
    public long AgeDoneMs;

    public long ClearSinceMs;

    public long NoDataRaisedAtMs;

    /// <summary>When the instance began, on its point's event clock: an earlier silence is not its business.</summary>
    public long StartMs;

    /// <summary>Since when each true step's hold counts, moved on by gaps.</summary>
    public StepTimes Since;

    public static AlarmMemory Fresh(long startMs) => new()
    {
        ActiveUntilMs = None,
        ClearSinceMs = None,
        RaisedAtMs = None,
        NoDataRaisedAtMs = None,
        StartMs = startMs,
        Active = true,
    };
}
