using CityEdge.Contracts;

namespace CityEdge.Adapters;

/// <summary>
/// What the families on sysfs share: <c>root</c> (default <c>/sys</c>), <c>every</c>, points by device and channel, discovery when no points are listed. A configured channel that is absent, or gone, is a fault of that point.
/// </summary>
public abstract class SysfsAdapter : PollingAdapter
{
    private readonly record struct Wanted(PointDeclaration Point, string? Device, string Channel);

    private readonly List<Wanted> wanted = [];
    private volatile IReadOnlyList<PointDeclaration> points = [];
    private IReadOnlyList<(PointDeclaration Point, SysfsChannel Channel)> discovered = [];
    private readonly bool discovers;

    private protected SysfsAdapter(string id, string type, AdapterContext context, ConfigNode config, string deviceKey, string channelKey)
        : base(id, type, context, config.Duration("every", TimeSpan.FromMilliseconds(100)) ?? TimeSpan.FromSeconds(10))
    {
        Root = config.Text("root") ?? "/sys";
        if (!Path.IsPathRooted(Root)) Root = Path.Combine(context.BaseDirectory, Root);
        discovers = !config.Has("points");
        var nodes = config.Items("points");
        foreach (var node in nodes)
        {
            var channel = node.Text(channelKey, required: true);
            var device = deviceKey == channelKey ? null : node.Text(deviceKey);
            var (kind, unit) = Quantity(channel ?? "");
            var point = PointKeys.Read(node, kind, unit);
            node.RejectUnknown();
            if (point is not null && channel is not null) wanted.Add(new Wanted(point, device, channel));
        }
        PointKeys.RejectDuplicates(nodes);
        points = [.. wanted.Select(w => w.Point)];
    }

    /// <inheritdoc />
    public override IReadOnlyList<PointDeclaration> Points
    {
        get
        {
            if (discovers && points.Count == 0) Discover(Channels());
            return points;
        }
    }

    /// <summary>Mount point of sysfs.</summary>
    protected string Root { get; }

    /// <summary>Kind and unit that a channel name implies.</summary>
    private protected abstract (PointKind Kind, string? Unit) Quantity(string channel);

    /// <summary>All channels there are now.</summary>
    private protected abstract IReadOnlyList<SysfsChannel> Channels();

    /// <summary>Reads one channel, in its unit.</summary>
    /// <exception cref="IOException">It did not answer, or answered nonsense; the message says which.</exception>
    private protected abstract double Read(SysfsChannel channel);

    /// <inheritdoc />
    protected sealed override Task<PollResult> PollAsync(CancellationToken cancellation) => Task.Run(() =>
    {
        // Drivers block while they convert (750 ms for a DS18B20): off the caller's thread.
        var channels = Channels();
        var readings = new List<Reading>();
        var faults = new List<string>();
        if (discovers)
        {
            Discover(channels);
            if (channels.Count == 0) faults.Add($"{Id}: no {Type} channel under {Root}: check the driver, or list points");
            foreach (var (point, channel) in discovered) TryRead(point, channel);
        }
        foreach (var want in wanted)
        {
            if (channels.FirstOrDefault(c => c.Matches(want.Device, want.Channel)) is { } channel) TryRead(want.Point, channel);
            else faults.Add($"{Id}: {want.Point.Name}: no channel '{want.Channel}'{(want.Device is null ? "" : $" of '{want.Device}'")} under {Root}; there are {(channels.Count == 0 ? "none" : string.Join(", ", channels.Select(c => $"{c.Device}/{c.Channel}")))}");
        }
        return new PollResult(readings, faults);

        void TryRead(PointDeclaration point, SysfsChannel channel)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                readings.Add(Now(point, point.FromSource(Read(channel), channel.Unit)));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                faults.Add($"{Id}: {point.Name}: {channel.Device}/{channel.Channel}: {e.Message}");
            }
        }
    }, cancellation);

    private void Discover(IReadOnlyList<SysfsChannel> channels)
    {
        if (channels.SequenceEqual(discovered.Select(d => d.Channel))) return;
        discovered = SysfsChannel.Discover(channels);
        points = [.. discovered.Select(d => d.Point)];
    }
}
