using CityEdge.Contracts;
using CityEdge.Hub.Tickets;

namespace CityEdge.Hub.Ingest;

/// <summary>What folding a batch of journal records wants written: all of it in one commit with the journal position.</summary>
public sealed class Effects
{
    private readonly List<Action<TicketTransaction>> writes = [];
    private readonly HashSet<PointId> touched = [];

    /// <summary>Points and devices whose rows changed, as the live stream shows them.</summary>
    public HashSet<PointId> Points { get; } = [];

    public HashSet<string> Devices { get; } = [];

    /// <summary>True when rules or points of the engine changed in a way that a snapshot must not precede.</summary>
    public bool ForceSnapshot { get; set; }

    public bool Any => writes.Count > 0;

    public int Count => writes.Count;

    public void Add(Action<TicketTransaction> write) => writes.Add(write);

    /// <summary>Remembers that this batch may give the point a ticket deadline that the store does not show yet.</summary>
    public void Touch(PointId point) => touched.Add(point);

    public bool IsTouched(PointId point) => touched.Contains(point);

    public void WriteTo(TicketTransaction transaction)
    {
        foreach (var write in writes) write(transaction);
    }

    public void Clear()
    {
        writes.Clear();
        touched.Clear();
        Points.Clear();
        Devices.Clear();
        ForceSnapshot = false;
    }
}
