namespace CityEdge.SegmentLog;

/// <summary>
/// A fault-injection seam: a file system in memory that can lose its power. On <see cref="Cut"/> every 512-byte sector written since its file's last flush is
/// kept or lost at random, names created, renamed or deleted since their folder's last flush survive only as a prefix of the order they were made in, and files
/// opened before the cut fail from then on, as a dead process would. <see cref="Boot"/> gives the file system of the machine that is on now. For tests of anything that stands on an <see cref="AppendLog"/>.
/// </summary>
public sealed partial class PowerCutFiles
{
    private const int Sector = 512;
    private readonly Lock gate = new();
    private readonly List<NameChange> unflushedNames = [];
    private readonly HashSet<string> locked = [];
    private Dictionary<string, Node> names = new(StringComparer.Ordinal);
    private Dictionary<string, Node> durableNames = new(StringComparer.Ordinal);
    private int epoch;
    private long cutAt = long.MaxValue;
    private Random? cutRandom;

    private sealed record NameChange(string Directory, string? From, string? To, Node? Node);

    /// <summary>Writes, flushes, and changes of names so far: the instants at which <see cref="CutAfter"/> can strike.</summary>
    public long Operations { get; private set; }

    /// <summary>How often the power was cut.</summary>
    public int Cuts => Volatile.Read(ref epoch);

    /// <summary>A disk that lies: flushes return and make nothing durable. For showing that a test of durability can fail.</summary>
    public bool IgnoreFlushes { get; set; }

    /// <summary>Asked before each operation ("write", "flush", "open", "rename", "delete", "flush-directory") on a path; what it returns is thrown. For ENOSPC and EIO.</summary>
    public Func<string, string, Exception?>? Fault { get; set; }

    /// <summary>The file system as one process sees it until the next cut; everything asked of it after that fails.</summary>
    public ILogFiles Boot() => new Booted(this, epoch);

    /// <summary>Cuts the power now.</summary>
    public void Cut(Random random)
    {
        ArgumentNullException.ThrowIfNull(random);
        lock (gate) CutLocked(random);
    }

    /// <summary>Cuts the power in the middle of the operation that is this many ahead; that operation, and all after it on the same files, fail.</summary>
    public void CutAfter(int operations, Random random)
    {
        lock (gate) (cutAt, cutRandom) = (Operations + operations, random);
    }

    private void CutLocked(Random random)
    {
        Interlocked.Increment(ref epoch);
        cutAt = long.MaxValue;
        locked.Clear();
        var kept = random.Next(unflushedNames.Count + 1);
        for (var i = 0; i < kept; i++) Apply(durableNames, unflushedNames[i]);
        unflushedNames.Clear();
        // Sometimes all is lost, sometimes nothing (a mere kill), mostly a random part.
        var share = random.Next(4) switch { 0 => 0, 1 => 1, _ => random.NextDouble() };
        foreach (var node in durableNames.Values.Distinct()) node.Cut(random, share);
        names = new Dictionary<string, Node>(durableNames, StringComparer.Ordinal);
    }

    private void Change(NameChange change)
    {
        Apply(names, change);
        unflushedNames.Add(change);
    }

    private static void Apply(Dictionary<string, Node> target, NameChange change)
    {
        if (change.From is not null) target.Remove(change.From);
        if (change.To is not null) target[change.To] = change.Node!;
    }

    /// <summary>Under the gate, before an operation takes effect.</summary>
    private void Step(string operation, string path)
    {
        if (Fault?.Invoke(operation, path) is { } fault) throw fault;
        if (++Operations < cutAt) return;
        CutLocked(cutRandom!);
        throw new IOException($"The power was cut during {operation} of {path}.");
    }
}
